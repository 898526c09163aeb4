/* The live figures of the page: curves and clouds by Plotly, reconstructions that zoom, turn and sound. */

/** Functions that draw a figure into its place by the kind of its data, and the list of those that draw it again.

    hidden: the numbers of the methods that are switched off; make: a function that makes an element. */
function liveFigures(data, hidden, make) {
  "use strict";

  const plots = [];

  // -- curves and clouds ----------------------------------------------------------------------------------------------

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /** A method's colour, lightened where it would vanish on a dark page. */
  function colour(number, alpha = 1) {
    let parts = data.methods[number].color.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
    const light = 0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2];
    if (dark.matches && light < 130) parts = parts.map((part) => Math.round(part + (255 - part) * 0.45));
    return `rgba(${parts.join(",")},${alpha})`;
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
    const lines = [
      `<b>${text.innerHTML}</b>`,
      `step ${number(entry.step[place], 6)}`,
      `${number(entry.seconds[place], 3)} s`,
      `${plot.metric.short} ${number(value)}${unit}`,
    ];
    if (half !== null) lines.push(`95 % interval ${number(value - half)} to ${number(value + half)}`);
    return lines.join("<br>");
  }

  function traces(plot, axis) {
    const found = [];
    for (const entry of plot.series) {
      if (entry.axis !== axis || hidden.has(entry.method)) continue;
      const x = entry[axis];
      const keep = x.map((value, place) => (value > 0 && entry.value[place] !== null ? place : -1)).filter((p) => p >= 0);
      const at = (list) => keep.map((place) => list[place]);
      const [xs, ys, halves] = [at(x), at(entry.value), at(entry.half)];
      const known = halves.length > 0 && halves.every((half) => half !== null);
      if (known && plot.kind === "curves") {
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
        line: { color: colour(entry.method), width: 2, dash: data.methods[entry.method].dash },
        marker: { color: colour(entry.method), size: plot.kind === "curves" ? 5 : 11, symbol: entry.note ? "circle-open" : "circle" },
        error_y: plot.kind === "cloud" && known ? { type: "data", array: halves, thickness: 1.2, width: 4 } : undefined,
        text: keep.map((place) => hover(plot, entry, place)), hovertemplate: "%{text}<extra></extra>",
      });
    }
    return found;
  }

  /** A logarithmic axis whose labels do not touch: powers of ten, with 2 and 5 below two decades, and the round numbers
      of a linear axis below one. Plotly draws all digits from 1 to 9 where it is to have more labels. */
  function logarithmic(values) {
    const known = values.filter((value) => value > 0);
    return { type: "log", nticks: Math.max(...known) > 1e3 * Math.min(...known) ? 6 : 3, minorloglabels: "complete" };
  }

  function layout(plot, axis) {
    const all = (key) => plot.series.filter((entry) => entry.axis === axis).flatMap((entry) => entry[key]);
    const line = { gridcolor: css("--line"), linecolor: css("--soft"), zeroline: false, automargin: true };
    return {
      height: 380, margin: { l: 60, r: 20, t: 12, b: 48 }, showlegend: false, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: "zoom",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: css("--text") },
      hoverlabel: { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--text") }, align: "left" },
      xaxis: { ...line, ...logarithmic(all(axis)), title: { text: axis === "step" ? "step" : "training time (s)" } },
      yaxis: { ...line, ...(plot.metric.log ? logarithmic(all("value")) : { type: "linear" }), title: { text: plot.metric.label } },
      shapes: plot.lines.map((item) => ({
        type: "line", xref: "paper", x0: 0, x1: 1, y0: item.value, y1: item.value,
        line: { color: css("--soft"), width: 1, dash: "dash" },
      })),
      annotations: plot.lines.map((item) => ({
        xref: "paper", x: 1, xanchor: "right", y: plot.metric.log ? Math.log10(item.value) : item.value, yanchor: "bottom",
        text: item.label.replaceAll("&", "&amp;").replaceAll("<", "&lt;"), showarrow: false, font: { color: css("--soft"), size: 11 },
      })),
    };
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
    let axis = plot.kind === "curves" ? "step" : "seconds";
    const draw = () =>
      Plotly.react(canvas, traces(plot, axis), layout(plot, axis), { responsive: true, displaylogo: false, displayModeBar: false });
    if (plot.kind === "curves" && plot.series.some((entry) => entry.axis === "seconds")) {
      const pick = (value) => make("label", {}, make("input", { type: "radio", name: `axis-${drawings.size}`, checked: value === axis, onchange: () => { axis = value; draw(); } }), value === "step" ? "steps" : "seconds");
      place.append(make("div", { class: "controls", role: "group", "aria-label": "Horizontal axis" }, "against", pick("step"), pick("seconds")));
    }
    place.append(canvas);
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

  function pictures(place, viewer) {
    const state = { zoom: 1, x: 0, y: 0 };
    const grid = make("div", { class: "tiles", tabindex: 0, role: "group",
      "aria-label": "Reconstructions, zoomed in step: plus and minus zoom, arrows move, 0 resets" });
    const apply = () => {
      state.zoom = clamp(state.zoom, 1, 32);
      for (const key of ["x", "y"]) state[key] = clamp(state[key], 1 - state.zoom, 0);
      grid.style.setProperty("--zoom", state.zoom);
      grid.style.setProperty("--x", `${100 * state.x}%`);
      grid.style.setProperty("--y", `${100 * state.y}%`);
    };
    const zoom = (factor, px = 0.5, py = 0.5) => {
      const after = clamp(state.zoom * factor, 1, 32);
      state.x = px - ((px - state.x) * after) / state.zoom;
      state.y = py - ((py - state.y) * after) / state.zoom;
      state.zoom = after;
      apply();
    };
    const truth = () => make("img", { src: viewer.truth, alt: "truth", draggable: "false" });
    const pane = (...children) => {
      const box = make("div", { class: "pane" }, ...children);
      box.style.aspectRatio = `${viewer.width} / ${viewer.height}`;
      return box;
    };
    grid.append(
      make("div", { class: "tile" }, pane(truth()), make("div", { class: "name" }, make("b", {}, "truth"))),
      ...tiles(viewer, (tile) =>
        pane(
          make("img", { class: "estimate", src: tile.image, alt: `estimate by ${tile.label}`, draggable: "false" }),
          make("img", { class: "error", src: tile.error, alt: `error of ${tile.label}`, draggable: "false" }),
          make("div", { class: "cover", "aria-hidden": "true" }, truth()),
        )),
    );
    grid.addEventListener("wheel", (event) => {
      const box = event.target.closest(".pane")?.getBoundingClientRect();
      if (!box || !(event.ctrlKey || event.metaKey || state.zoom > 1)) return; // else the page scrolls
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1.25 : 0.8, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    }, { passive: false });
    grid.addEventListener("dblclick", (event) => {
      const box = event.target.closest(".pane")?.getBoundingClientRect();
      if (box) zoom(2, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    });
    grid.addEventListener("pointerdown", (event) => {
      const box = event.target.closest(".pane")?.getBoundingClientRect();
      if (!box || state.zoom === 1) return;
      const [x, y, px, py] = [state.x, state.y, event.clientX, event.clientY];
      const move = (next) => {
        state.x = x + (next.clientX - px) / box.width;
        state.y = y + (next.clientY - py) / box.height;
        apply();
      };
      grid.addEventListener("pointermove", move);
      window.addEventListener("pointerup", () => grid.removeEventListener("pointermove", move), { once: true });
    });
    grid.addEventListener("keydown", (event) => {
      const step = 0.1;
      const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (event.key === "+" || event.key === "=") zoom(1.5);
      else if (event.key === "-") zoom(1 / 1.5);
      else if (event.key === "0") Object.assign(state, { zoom: 1, x: 0, y: 0 });
      else if (moves[event.key] && state.zoom > 1) [state.x, state.y] = [state.x + moves[event.key][0], state.y + moves[event.key][1]];
      else return;
      event.preventDefault();
      apply();
    });
    const reset = () => { Object.assign(state, { zoom: 1, x: 0, y: 0 }); apply(); };
    place.append(
      make("div", { class: "controls" },
        slider("estimate – truth", { min: 0, max: 100, value: 0 }, (value) => grid.style.setProperty("--split", `${value}%`)),
        make("label", {}, make("input", { type: "checkbox", onchange: (event) => grid.classList.toggle("errors", event.target.checked) }), `error (bright: ≥ ${viewer.top})`),
        make("button", { type: "button", "aria-label": "Zoom in", onclick: () => zoom(1.5) }, "+"),
        make("button", { type: "button", "aria-label": "Zoom out", onclick: () => zoom(1 / 1.5) }, "−"),
        make("button", { type: "button", onclick: reset }, "reset"),
        make("span", {}, "double-click or + and − to zoom, drag or arrow keys to move")),
      grid,
    );
    apply();
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
    place.append(make("div", { class: "controls" }, control, make("label", {}, cut, "slices in place of views")), grid);
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
