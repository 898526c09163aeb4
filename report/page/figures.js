/* The live figures of the page: curves and clouds by Plotly, reconstructions that zoom, turn and sound. */

/** Functions that draw a figure into its place by the kind of its data, and the list of those that draw it again.

    state: hidden and pinned, the numbers of the methods that are switched off, and of those that keep their colour; pin: a function
    that pins a method or lets it go; make: one that makes an element. */
function liveFigures(data, state, make) {
  "use strict";

  const { hidden, pinned, pin } = state;
  const plots = [];

  // -- curves and clouds ----------------------------------------------------------------------------------------------

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /** A method's colour as the style sheet has it, light or dark. */
  function colour(number, alpha = 1) {
    const parts = css(`--m${number}`).match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
    return `rgba(${parts.join(",")},${alpha})`;
  }

  const BRIGHT = 3; // methods of a chart that keep their colour until the reader pins some
  const FEW = 6; // so many can be told apart

  /** The methods of a chart that are in colour, all others being grey: the pinned ones, else the best. */
  function bright(plot) {
    const found = [...new Set(plot.series.map((entry) => entry.method))].filter((method) => !hidden.has(method));
    if (found.some((method) => pinned.has(method))) return new Set(found.filter((method) => pinned.has(method)));
    return new Set(found.length <= FEW ? found : found.slice(0, BRIGHT)); // the best comes first
  }

  function number(value, digits = 4) {
    return value === null ? "—" : Number(value.toPrecision(digits)).toLocaleString("en", { maximumSignificantDigits: digits });
  }

  function hover(plot, entry, place) {
    const unit = plot.metric.unit ? ` ${plot.metric.unit}` : "";
    const [value, half] = [entry.value[place], entry.half[place]];
    const name = data.methods[entry.method].labels[0] + (entry.note ? ` (${entry.note})` : "");
    const text = document.createElement("i");
    text.textContent = name; // Plotly reads a little HTML in its labels
    const lines = [`<b>${text.innerHTML}</b>`];
    if (entry.step) lines.push(`step ${number(entry.step[place], 6)}`);
    if (entry.seconds) lines.push(`${number(entry.seconds[place], 3)} s`);
    if (entry.params) lines.push(`${number(entry.params[place], 6)} parameters`);
    if (entry.trials) lines.push(`${entry.trials[place]} trial${entry.trials[place] === 1 ? "" : "s"}`);
    lines.push(`${plot.metric.short} ${number(value)}${unit}`);
    if (half !== null) lines.push(`95 % interval ${number(value - half)} to ${number(value + half)}`);
    return lines.join("<br>");
  }

  function traces(plot, axis) {
    const [found, lit, grey] = [[], bright(plot), css("--grey")];
    for (const entry of [...plot.series].sort((a, b) => lit.has(a.method) - lit.has(b.method))) {
      if (entry.axis !== axis || hidden.has(entry.method)) continue;
      const x = entry[axis];
      const keep = x.map((value, place) => (value > 0 && entry.value[place] !== null ? place : -1)).filter((p) => p >= 0);
      const at = (list) => keep.map((place) => list[place]);
      const [xs, ys, halves] = [at(x), at(entry.value), at(entry.half)];
      const own = lit.has(entry.method) ? colour(entry.method) : grey;
      const known = halves.length > 0 && halves.every((half) => half !== null);
      if (known && plot.kind === "curves" && lit.has(entry.method)) {
        const above = ys.map((y, i) => y + halves[i]);
        const below = ys.map((y, i) => y - halves[i]);
        found.push({
          type: "scatter", mode: "lines", x: [...xs, ...xs.toReversed()], y: [...above, ...below.toReversed()],
          fill: "toself", fillcolor: colour(entry.method, 0.13), line: { width: 0 }, hoverinfo: "skip",
          meta: entry.method,
        });
      }
      found.push({
        type: "scatter", mode: plot.kind === "curves" ? "lines+markers" : "markers", x: xs, y: ys, meta: entry.method,
        name: data.methods[entry.method].labels[0],
        line: { color: own, width: lit.has(entry.method) ? 2.2 : 1.2, dash: data.methods[entry.method].dash },
        marker: { color: own, size: plot.kind === "curves" ? 4 : 9, symbol: entry.note ? "circle-open" : "circle" },
        error_y: plot.kind === "cloud" && known ? { type: "data", array: halves, thickness: 1, width: 3 } : undefined,
        text: keep.map((place) => hover(plot, entry, place)), hovertemplate: "%{text}<extra></extra>",
      });
    }
    if (plot.kind === "cloud") found.unshift(front(plot, axis));
    return found;
  }

  /** The Pareto front of the points that are shown: each is better than all that cost no more. */
  function front(plot, axis) {
    const points = plot.series.filter((entry) => entry.axis === axis && !hidden.has(entry.method) && !entry.note)
      .map((entry) => [entry[axis][0], entry.value[0]]).sort((a, b) => a[0] - b[0] || plot.direction * (b[1] - a[1]));
    const kept = points.filter(([, value], place) => points.slice(0, place).every(([, other]) => plot.direction * (value - other) > 0));
    return { type: "scatter", mode: "lines", x: kept.map(([x]) => x), y: kept.map(([, y]) => y), meta: -1, hoverinfo: "skip",
      line: { color: css("--soft"), width: 1, shape: "hv" } };
  }

  /** A logarithmic axis whose labels do not touch: powers of ten, with 2 and 5 below two decades, and the round numbers
      of a linear axis below one. Plotly draws all digits from 1 to 9 where it is to have more labels. */
  function logarithmic(values) {
    const known = values.filter((value) => value > 0);
    return { type: "log", nticks: Math.max(...known) > 1e3 * Math.min(...known) ? 6 : 3, minorloglabels: "complete" };
  }

  /** The classical methods, each with the column of its name: names of lines that are close are beside each other. */
  function columns(plot) {
    const scale = (value) => (plot.metric.log ? Math.log10(value) : value);
    const values = [...plot.series.flatMap((entry) => entry.value), ...plot.lines.map((item) => item.value)].filter((value) => value !== null).map(scale);
    const close = 0.06 * (Math.max(...values) - Math.min(...values));
    const sorted = [...plot.lines].sort((a, b) => a.value - b.value);
    let column = 0;
    return sorted.map((item, place) => {
      column = place && scale(item.value) - scale(sorted[place - 1].value) < close ? column + 1 : 0;
      return [item, column];
    });
  }

  function layout(plot, axis) {
    const all = (key) => plot.series.filter((entry) => entry.axis === axis).flatMap((entry) => entry[key]);
    const line = { gridcolor: css("--line"), linecolor: css("--soft"), zeroline: false, automargin: true };
    return {
      height: 380, margin: { l: 60, r: plot.kind === "curves" ? room(plot) : 24, t: 12, b: 48 }, showlegend: false, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: "zoom",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: css("--text") },
      hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--text") }, align: "left" },
      xaxis: { ...line, ...logarithmic(all(axis)), title: { text: AXES[axis] } },
      yaxis: { ...line, ...(plot.metric.log ? logarithmic(all("value")) : { type: "linear" }), title: { text: plot.metric.label } },
      shapes: plot.lines.map((item) => ({
        type: "line", xref: "paper", x0: 0, x1: 1, y0: item.value, y1: item.value,
        line: { color: css("--soft"), width: 1, dash: "dash" },
      })),
      annotations: columns(plot).map(([item, column]) => ({
        xref: "paper", x: 0.17 * column, xanchor: "left", y: plot.metric.log ? Math.log10(item.value) : item.value, yanchor: "bottom",
        text: item.label.replaceAll("&", "&amp;").replaceAll("<", "&lt;"), showarrow: false, font: { color: css("--soft"), size: 11 },
      })),
    };
  }

  const AXES = { step: "step", seconds: "training time (s)", params: "trainable parameters", trials: "trials" };
  const BUTTONS = { step: "steps", seconds: "seconds", params: "parameters", trials: "trials" };

  // -- names at the lines and points ----------------------------------------------------------------------------------

  const [LETTER, HIGH] = [6.1, 14]; // size of the names in pixels
  const nameOf = (number) => data.methods[number].labels[0];

  /** The width at the right for the names of the lines, of which some are bold. */
  const room = (plot) => 24 + Math.min(190, 7 * Math.max(...plot.series.map((entry) => nameOf(entry.method).length)));

  /** Places that differ by ``gap``, moved as little as needed and not beyond two ends, in the same order. */
  function spread(places, gap, within) {
    const groups = [];
    [...places.keys()].sort((a, b) => places[a] - places[b]).forEach((index) => {
      let [members, centre] = [[index], places[index]];
      while (groups.length) {
        const [below, middle] = groups.at(-1);
        if (centre - (gap * (members.length - 1)) / 2 >= middle + (gap * (below.length + 1)) / 2) break;
        groups.pop();
        members = [...below, ...members];
        centre = members.reduce((sum, member) => sum + places[member], 0) / members.length;
      }
      groups.push([members, centre]);
    });
    const moved = [];
    const [top, bottom] = within;
    for (const [members, middle] of groups) {
      const half = (gap * (members.length - 1)) / 2;
      const centre = Math.max(top + half, Math.min(bottom - half, middle));
      members.forEach((member, rank) => { moved[member] = centre + gap * (rank - (members.length - 1) / 2); });
    }
    return moved;
  }

  /** The last point of every line, or the point of a cloud, in pixels of the chart; those in view. */
  function ends(canvas, plot, axis) {
    const { xaxis, yaxis } = canvas._fullLayout;
    const found = new Map();
    for (const entry of plot.series) {
      if (entry.axis !== axis || hidden.has(entry.method)) continue;
      const x = entry[axis].at(-1);
      const y = entry.value.at(-1);
      if (!(x > 0) || y === null) continue;
      const place = { method: entry.method, x: xaxis._offset + xaxis.d2p(x), y: yaxis._offset + yaxis.d2p(y) };
      const inside = place.y >= yaxis._offset - 1 && place.y <= yaxis._offset + yaxis._length + 1 && place.x >= xaxis._offset - 1 && place.x <= xaxis._offset + xaxis._length + 1;
      if (inside && (plot.kind === "cloud" || !found.has(entry.method))) found.set(plot.kind === "cloud" ? entry : entry.method, place);
    }
    return [...found.values()];
  }

  function beside(canvas, plot, axis) {
    const places = ends(canvas, plot, axis);
    const { xaxis, yaxis } = canvas._fullLayout;
    const high = spread(places.map(({ y }) => y), HIGH, [HIGH / 2, yaxis._offset + yaxis._length]);
    return places.map((place, index) => ({ ...place, left: xaxis._offset + xaxis._length + 14, top: high[index] - HIGH / 2 }));
  }

  /** Names about their points where they cover no other; one that finds no place is left to the pointer. */
  function around(canvas, plot, axis) {
    const places = ends(canvas, plot, axis);
    const { xaxis, yaxis } = canvas._fullLayout;
    const taken = places.map(({ x, y }) => [x - 5, y - 5, x + 5, y + 5]);
    const found = [];
    const lit = bright(plot);
    for (const place of [...places].sort((a, b) => lit.has(b.method) - lit.has(a.method))) {
      const wide = LETTER * nameOf(place.method).length + 4;
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [1, 1], [-1, -1], [-1, 1]]) {
        const left = place.x + 8 * dx - wide * (dx < 0) - (wide / 2) * (dx === 0);
        const top = place.y + 13 * dy - HIGH / 2;
        const box = [left, top, left + wide, top + HIGH];
        const inside = left >= xaxis._offset && box[2] <= xaxis._offset + xaxis._length + 24 && top >= 0 && box[3] <= yaxis._offset + yaxis._length;
        if (!inside || taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
        taken.push(box);
        found.push({ ...place, left, top });
        break;
      }
    }
    return found;
  }

  /** Writes the names over a chart that was just drawn. */
  function label(canvas, names, plot, axis) {
    const lit = bright(plot);
    const placed = (plot.kind === "curves" ? beside : around)(canvas, plot, axis);
    names.replaceChildren(...placed.map(({ method, x, y, left, top }) => {
      const name = make("button", { type: "button", class: "at", "data-method": method, "aria-pressed": pinned.has(method),
        title: "click: keep its colour", onclick: () => pin(method),
        onpointerenter: () => light(canvas, names, method), onpointerleave: () => light(canvas, names, null) }, nameOf(method));
      name.style.cssText = `left: ${left}px; top: ${top}px`;
      name.style.setProperty("--own", `var(--m${method})`);
      name.classList.toggle("lit", lit.has(method));
      if (plot.kind === "curves") name.append(leader(x - left, y - top));
      return name;
    }));
  }

  /** A thin line from a name to the end of its line, which is at (x, y) from the upper left corner of the name. */
  function leader(x, y) {
    const line = make("i", { class: "leader", "aria-hidden": "true" });
    const [dx, dy] = [x, y - HIGH / 2];
    line.style.cssText = `width: ${Math.hypot(dx, dy)}px; transform: rotate(${Math.atan2(dy, dx)}rad)`;
    return line;
  }

  /** Shows one method in its colour while the pointer is on it. */
  function light(canvas, names, method) {
    const groups = [...canvas.querySelectorAll(".scatterlayer > .trace")];
    canvas.data.forEach((trace, index) => {
      const on = method !== null && trace.meta === method && !trace.fill;
      groups[index]?.classList.toggle("under", on);
      if (on) groups[index]?.style.setProperty("--own", `var(--m${method})`);
    });
    for (const name of names.children) name.classList.toggle("under", Number(name.dataset.method) === method);
  }

  // A chart is drawn when it comes within a screen of being seen, because Plotly needs a tenth of a second and more for each.
  const drawings = new Map();
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      drawings.get(target)();
      plots.push(drawings.get(target));
    }
  }, { rootMargin: "100% 0px" });

  function chart(place, plot) {
    const canvas = make("div", { class: "chart" });
    const names = make("div", { class: "names" });
    const axes = Object.keys(AXES).filter((name) => plot.series.some((entry) => entry.axis === name));
    let axis = axes[0];
    let bound = false;
    const draw = () => {
      Plotly.react(canvas, traces(plot, axis), layout(plot, axis), { responsive: true, displaylogo: false, displayModeBar: false });
      if (!bound) {
        canvas.on("plotly_afterplot", () => label(canvas, names, plot, axis));
        canvas.on("plotly_hover", ({ points }) => light(canvas, names, points[0].data.meta));
        canvas.on("plotly_unhover", () => light(canvas, names, null));
        canvas.on("plotly_click", ({ points }) => pin(points[0].data.meta));
      }
      bound = true;
      label(canvas, names, plot, axis);
    };
    if (axes.length > 1) {
      const pick = (value) => make("label", {}, make("input", { type: "radio", name: `axis-${drawings.size}`, checked: value === axis, onchange: () => { axis = value; draw(); } }), BUTTONS[value]);
      place.append(make("div", { class: "controls", role: "group", "aria-label": "Horizontal axis" }, "against", ...axes.map(pick)));
    }
    place.append(make("div", { class: "held" }, canvas, names));
    drawings.set(canvas, draw);
    near.observe(canvas);
  }

  // -- reconstructions ------------------------------------------------------------------------------------------------

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  function slider(label, values, change) {
    const field = make("input", { type: "range", ...values, oninput: () => change(Number(field.value)) });
    return make("label", { class: "slider" }, label, field);
  }

  function tiles(viewer, content) {
    return viewer.tiles.map((tile) =>
      make("div", { class: "tile", "data-method": tile.method >= 0 ? tile.method : null }, content(tile),
        make("div", { class: "name" }, make("b", {}, tile.label), " ", tile.score)),
    );
  }

  /** Lets the panes of a grid zoom and move in step. Two fingers pinch; the wheel zooms where ``wheel`` says so.

      Returns functions that zoom by a factor and reset, and one that tells whether the last press moved the panes. */
  function zooming(grid, wheel) {
    const state = { zoom: 1, x: 0, y: 0 };
    const fingers = new Map();
    let moved = false;
    const apply = () => {
      state.zoom = clamp(state.zoom, 1, 32);
      for (const key of ["x", "y"]) state[key] = clamp(state[key], 1 - state.zoom, 0);
      grid.style.setProperty("--zoom", state.zoom);
      grid.style.setProperty("--x", `${100 * state.x}%`);
      grid.style.setProperty("--y", `${100 * state.y}%`);
      grid.classList.toggle("zoomed", state.zoom > 1);
    };
    const zoom = (factor, px = 0.5, py = 0.5) => {
      const after = clamp(state.zoom * factor, 1, 32);
      state.x = px - ((px - state.x) * after) / state.zoom;
      state.y = py - ((py - state.y) * after) / state.zoom;
      state.zoom = after;
      apply();
    };
    const reset = () => { Object.assign(state, { zoom: 1, x: 0, y: 0 }); apply(); };
    const boxOf = (event) => event.target.closest(".pane")?.getBoundingClientRect();
    grid.addEventListener("wheel", (event) => {
      const box = boxOf(event);
      if (!box || !(wheel || event.ctrlKey || event.metaKey || state.zoom > 1)) return; // else the page scrolls
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    }, { passive: false });
    grid.addEventListener("pointerdown", (event) => {
      if (!boxOf(event)) return;
      moved = false;
      fingers.set(event.pointerId, event);
    });
    window.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const box = grid.querySelector(".pane").getBoundingClientRect();
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      if (!moved && Math.hypot(dx, dy) < 4) return; // a click that shakes
      moved = true;
      const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
      const apart = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
      if (other) zoom(apart(event, other) / apart(before, other));
      state.x += dx / box.width;
      state.y += dy / box.height;
      fingers.set(event.pointerId, event);
      apply();
    });
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, (event) => fingers.delete(event.pointerId));
    grid.addEventListener("keydown", (event) => {
      const step = 0.1;
      const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (event.key === "+" || event.key === "=") zoom(1.5);
      else if (event.key === "-") zoom(1 / 1.5);
      else if (event.key === "0") reset();
      else if (moves[event.key] && state.zoom > 1) [state.x, state.y] = [state.x + moves[event.key][0], state.y + moves[event.key][1]];
      else return;
      event.preventDefault();
      apply();
    });
    apply();
    return { zoom, reset, dragged: () => moved };
  }

  const zoomButtons = ({ zoom, reset }) => [
    make("button", { type: "button", "aria-label": "Zoom in", onclick: () => zoom(1.5) }, "+"),
    make("button", { type: "button", "aria-label": "Zoom out", onclick: () => zoom(1 / 1.5) }, "−"),
    make("button", { type: "button", onclick: reset }, "reset"),
  ];

  const errorBox = (grid, viewer) => make("label", {},
    make("input", { type: "checkbox", onchange: (event) => grid.classList.toggle("errors", event.target.checked) }), `error (bright: ≥ ${viewer.top})`);

  /** A pane of a viewer: the truth for -1, else an estimate with its error and the truth that wipes over it. */
  function pane(viewer, index) {
    const truth = () => make("img", { src: viewer.truth, alt: "truth", draggable: "false" });
    const tile = viewer.tiles[index];
    const box = make("div", { class: "pane" }, ...(index < 0 ? [truth()] : [
      make("img", { class: "estimate", src: tile.image, alt: `estimate by ${tile.label}`, draggable: "false" }),
      make("img", { class: "error", src: tile.error, alt: `error of ${tile.label}`, draggable: "false" }),
      make("div", { class: "cover", "aria-hidden": "true" }, truth()),
    ]));
    box.style.aspectRatio = `${viewer.width} / ${viewer.height}`;
    return box;
  }

  /** Two methods large, side by side, which zoom and move in step. */
  function compare(viewer, first, second) {
    const grid = make("div", { class: "tiles pair", tabindex: 0, role: "group", "aria-label": "Two methods, zoomed in step: plus and minus zoom, arrows move, 0 resets" });
    const names = ["truth", ...viewer.tiles.map((tile) => `${tile.label} ${tile.score}`)];
    const sides = [first, second].map((index, side) => {
      const held = make("div", {});
      const put = (chosen) => held.replaceChildren(pane(viewer, chosen));
      const choice = make("select", { "aria-label": side ? "Right" : "Left", onchange: () => put(choice.selectedIndex - 1) }, ...names.map((name) => make("option", {}, name)));
      choice.selectedIndex = index + 1;
      put(index);
      return make("div", { class: "tile" }, choice, held);
    });
    grid.append(...sides);
    grid.style.setProperty("--shape", viewer.width / viewer.height);
    const close = make("button", { type: "button", onclick: () => dialog.close() }, "close");
    const dialog = make("dialog", { class: "large", "aria-label": "Two methods side by side", onclose: () => dialog.remove(), onclick: (event) => { if (event.target === dialog) dialog.close(); } },
      make("div", { class: "controls" },
        slider("wipe: estimate ↔ truth", { min: 0, max: 100, value: 0 }, (value) => grid.style.setProperty("--split", `${value}%`)),
        errorBox(grid, viewer), ...zoomButtons(zooming(grid, true)), make("span", {}, "wheel or two fingers zoom, dragging moves"), close),
      grid);
    document.body.append(dialog);
    dialog.showModal();
    grid.focus();
  }

  function pictures(place, viewer) {
    const grid = make("div", { class: "tiles", tabindex: 0, role: "group",
      "aria-label": "Reconstructions, zoomed in step: plus and minus zoom, arrows move, 0 resets" });
    const best = viewer.tiles.findIndex((tile) => tile.method >= 0);
    const open = (index) => make("button", { type: "button", class: "open", "aria-label": index < 0 ? "truth, large" : `${viewer.tiles[index].label}, large`,
      onclick: () => { if (!zoomed.dragged()) compare(viewer, index < 0 ? best : index, index === best || index < 0 ? -1 : best); } }, pane(viewer, index));
    grid.append(
      make("div", { class: "tile" }, open(-1), make("div", { class: "name" }, make("b", {}, "truth"))),
      ...tiles(viewer, (tile) => open(viewer.tiles.indexOf(tile))),
    );
    const zoomed = zooming(grid, false);
    place.append(
      make("div", { class: "controls" },
        make("span", {}, "click: two methods large, side by side"),
        slider("wipe: estimate ↔ truth", { min: 0, max: 100, value: 0 }, (value) => grid.style.setProperty("--split", `${value}%`)),
        errorBox(grid, viewer), ...zoomButtons(zoomed), make("span", {}, "drag or arrow keys to move")),
      grid,
    );
  }

  function volumes(place, viewer) {
    const grid = make("div", { class: "tiles" });
    let mode = "turn";
    const sprites = [];
    const sprite = (views) => {
      const box = make("div", { class: "sprite", role: "img", "aria-label": "volume" });
      box.style.backgroundSize = `${100 * viewer.views}% 100%`;
      sprites.push([box, views]);
      return box;
    };
    const load = () => sprites.forEach(([box, views]) => { box.style.backgroundImage = `url("${views[mode]}")`; });
    const turn = (view) => grid.style.setProperty("--view", `${(100 * view) / (viewer.views - 1)}%`);
    grid.append(make("div", { class: "tile" }, sprite(viewer.truth), make("div", { class: "name" }, make("b", {}, "truth"))), ...tiles(viewer, sprite));
    const control = slider("turn", { min: 0, max: viewer.views - 1, value: 0 }, turn);
    const field = control.querySelector("input");
    grid.addEventListener("pointermove", (event) => {
      if (event.buttons !== 1) return;
      const view = Number(field.value) + Math.sign(event.movementX);
      field.value = mode === "turn" ? (view + viewer.views) % viewer.views : clamp(view, 0, viewer.views - 1);
      turn(Number(field.value));
    });
    const cut = make("input", { type: "checkbox", onchange: () => { mode = cut.checked ? "slices" : "turn"; load(); } });
    place.append(make("div", { class: "controls" }, control, make("label", {}, cut, "slices instead of projections")), grid);
    load();
    turn(0);
  }

  function sounds(place, viewer) {
    const player = (source, label) => make("audio", { controls: true, preload: "none", src: source, "aria-label": label });
    const [rate, recorded] = [viewer.rate, viewer.recorded].map((hertz) => hertz && hertz.toLocaleString("en"));
    const own = recorded ? (recorded === rate ? ", as recorded" : `, recorded at ${recorded}`) : ", because no rate is stored";
    place.append(
      make("p", { class: "caption" }, `Played at ${rate} samples per second${own}; all at one loudness.`),
      make("div", { class: "tiles sounds" },
        make("div", { class: "tile" }, player(viewer.truth, "truth"), make("div", { class: "name" }, make("b", {}, "truth"))),
        ...tiles(viewer, (tile) => player(tile.sound, tile.label))),
    );
  }

  return { kinds: { curves: chart, cloud: chart, pictures, volumes, sounds }, plots, dark };
}
