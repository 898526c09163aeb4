/* Interaction of the page: methods on and off, pinned methods, sorted and filtered tables, the view in the address.
   figures.js has the live figures, standing.js the numbers that depend on the methods shown.
   Without these scripts the page is complete: tables and still figures. */
(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("data").textContent);
  const [hidden, pinned] = [new Set(), new Set()];
  const root = document.documentElement;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  const pin = (number) => {
    if (!pinned.delete(number)) pinned.add(number);
    show();
  };
  const { kinds, plots, dark } = liveFigures(data, { hidden, pinned, pin }, make);

  // -- methods on and off ---------------------------------------------------------------------------------------------

  const numbers = new Map(data.methods.flatMap((method, number) => method.labels.map((label) => [label, number])));
  const numberOf = (cell) => numbers.get(cell.dataset.label ?? cell.textContent.trim());
  const keys = new Map(data.methods.map((method, number) => [method.key, number]));

  /** Gives every row and column of a table that belongs to one method the method's number. */
  function mark(table) {
    for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
      const number = row.closest(".classical") ? undefined : numberOf(row.cells[0]);
      if (number !== undefined) row.dataset.method = number;
    }
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const number = column ? numberOf(cell) : undefined;
      if (number === undefined) return;
      for (const row of table.rows) if (row.cells[column]) row.cells[column].dataset.method = number;
    });
  }

  const updates = [];

  function show() {
    for (const element of document.querySelectorAll("[data-method]")) {
      element.classList.toggle("off", hidden.has(Number(element.dataset.method)));
    }
    root.classList.toggle("some-off", hidden.size > 0);
    for (const update of updates) update();
    for (const plot of plots) plot();
    remember();
  }

  function chooser() {
    const set = (number, on) => (on ? hidden.delete(number) : hidden.add(number));
    const boxes = data.methods.map((_, number) =>
      make("input", { type: "checkbox", onchange: (event) => { set(number, event.target.checked); show(); } }));
    const pins = data.methods.map((method, number) => {
      const name = `Keep the colour of ${method.labels[0]} in all charts`;
      const button = make("button", { type: "button", class: "pin", title: name, "aria-label": name, onclick: () => pin(number) });
      button.style.setProperty("--own", `var(--m${number})`);
      return button;
    });
    updates.push(() => boxes.forEach((box, number) => {
      box.checked = !hidden.has(number);
      pins[number].setAttribute("aria-pressed", pinned.has(number));
    }));
    const all = (on) => () => { data.methods.forEach((_, number) => set(number, on)); show(); };
    return make(
      "details",
      { class: "chooser", open: window.innerWidth > 1024 },
      make("summary", {}, "Methods shown"),
      make("div", { class: "all" }, make("button", { type: "button", onclick: all(true) }, "all"), make("button", { type: "button", onclick: all(false) }, "none")),
      make("div", { class: "choices", role: "group", "aria-label": "Methods shown in all tables and figures" },
        ...data.methods.map((method, number) => make("div", {}, pins[number], make("label", {}, boxes[number], method.labels[0])))),
    );
  }

  // -- tables ---------------------------------------------------------------------------------------------------------

  const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.classList.contains("group"));
  const shown = (element) => !element.classList.contains("off") && !element.classList.contains("filtered");

  /** The first number of a cell's text; null where there is none. */
  function numeric(text) {
    const found = text.replaceAll(",", "").replaceAll("−", "-").match(/-?\d+(\.\d+)?(e[+-]?\d+)?/i);
    return found ? Number(found[0]) : null;
  }

  function compare(first, second, sign) {
    const [a, b] = [numeric(first), numeric(second)];
    if (a !== null && b !== null) return sign * (a - b);
    if (a !== null || b !== null) return a === null ? 1 : -1; // cells without a number come last in either order
    return sign * first.localeCompare(second);
  }

  const textOf = (row, column) => row.cells[column].textContent.trim();

  /** Whether larger numbers of a column are better: as its head says, or as its bold numbers tell; else less is better,
      as for seconds and parameters. */
  function largerIsBetter(table, column) {
    const head = table.tHead.rows[0].cells[column];
    if (head.dataset.better) return Number(head.dataset.better) > 0;
    const cells = rowsOf(table).filter((row) => !row.closest(".classical")).map((row) => row.cells[column]);
    const values = (list) => list.map((cell) => numeric(cell.textContent)).filter((value) => value !== null);
    const bold = values(cells.filter((cell) => cell.querySelector("b")));
    return bold.length > 0 && Math.max(...bold) === Math.max(...values(cells));
  }

  const sorted = new Map(); // table's name → [column, order]

  function sort(table, column, order) {
    const heads = [...table.tHead.rows[0].cells];
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", order);
    const [sign, words] = [order === "ascending" ? 1 : -1, heads[column].classList.contains("word")];
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
      // 4/5 is a number of runs under "n", and elsewhere a time that only four of five runs have.
      const runs = heads[column].dataset.label === "n";
      const a = (row) => (runs ? textOf(row, column) : textOf(row, column).replace(/^\d+\/\d+(?= |$)/, ""));
      rows.sort((x, y) => (words ? sign * a(x).localeCompare(a(y)) : compare(a(x), a(y), sign)));
      body.append(...rows);
    }
    if (table.dataset.name) sorted.set(table.dataset.name, [column, order]);
  }

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const words = head.classList.contains("word");
      const first = words || !largerIsBetter(table, column) ? "ascending" : "descending";
      head.dataset.label = head.textContent.trim();
      const button = make("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      head.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        sort(table, column, before ? (before === "ascending" ? "descending" : "ascending") : first);
        remember();
      });
    });
  }

  function tools(table) {
    const rows = rowsOf(table);
    if (rows.length < 2) return;
    const field = make("input", {
      type: "search", class: "filter", placeholder: "filter rows", "aria-label": "Filter the rows of this table",
      oninput: () => {
        const words = field.value.toLowerCase().split(/\s+/);
        for (const row of rows) {
          const text = row.textContent.toLowerCase();
          row.classList.toggle("filtered", !words.every((word) => text.includes(word)));
        }
      },
    });
    const save = make("button", { type: "button", title: "The rows and columns shown, as CSV", onclick: () => download(table) }, "download rows");
    table.closest(".scroll").before(make("div", { class: "tools" }, ...(rows.length > 3 ? [field] : []), save));
  }

  /** The rows and columns of a table that are shown, in their order, as CSV. */
  function commaSeparated(table) {
    const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const line = (cells) => [...cells].filter(shown).map((cell) => quote((cell.dataset.label ?? cell.textContent).replace(/\s+/g, " ").trim())).join(",");
    return [table.tHead.rows[0], ...rowsOf(table).filter(shown)].map((row) => line(row.cells)).join("\n") + "\n";
  }

  function download(table) {
    const link = make("a", { download: `${table.dataset.name || "table"}.csv`, href: URL.createObjectURL(new Blob([commaSeparated(table)], { type: "text/csv" })) });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /** Bold follows the methods shown: where a bold one is switched off, it is the best of the others. */
  function emphasis(table) {
    const columns = [...table.tHead.rows[0].cells].map((_, column) => {
      const cells = rowsOf(table).filter((row) => !row.closest(".classical")).map((row) => row.cells[column]);
      return { cells, bold: cells.filter((cell) => cell.querySelector("b")), larger: largerIsBetter(table, column) };
    });
    updates.push(() => {
      for (const { cells, bold, larger } of columns) {
        if (!bold.length) continue;
        const lost = bold.some((cell) => !shown(cell.closest("tr")));
        const rivals = cells.filter((cell) => !cell.closest("tr").classList.contains("off") && !/[‡¶]/.test(cell.textContent));
        const value = (cell) => (numeric(cell.textContent) ?? -Infinity * (larger ? 1 : -1)) * (larger ? 1 : -1);
        const best = rivals.reduce((a, b) => (a && value(a) >= value(b) ? a : b), null);
        for (const cell of cells) cell.classList.toggle("strong", lost ? cell === best : bold.includes(cell));
      }
    });
  }

  // -- figures of which one is shown ----------------------------------------------------------------------------------

  const picks = new Map(); // name of the section → the figure shown

  function picker(place) {
    const [name, choices] = [place.closest("section").id, [...place.querySelectorAll(".choice")]];
    if (choices.length < 2) return;
    const pick = (index) => {
      choices.forEach((choice, other) => choice.classList.toggle("unpicked", other !== index));
      buttons.forEach((button, other) => button.setAttribute("aria-pressed", other === index));
      picks.set(name, index);
    };
    const buttons = choices.map((choice, index) => make("button", { type: "button", onclick: () => { pick(index); remember(); } }, choice.dataset.choice));
    place.prepend(make("div", { class: "picks", role: "group", "aria-label": place.dataset.label }, ...buttons));
    place.pick = pick;
    pick(0);
  }

  // -- the view in the address ------------------------------------------------------------------------------------------

  let anchor = "";

  /** The address of this view: the place, then the methods that are off and pinned, the order of tables, the figures. */
  function remember() {
    const names = (set) => [...set].map((number) => encodeURIComponent(data.methods[number].key)).join(",");
    const parts = [anchor];
    if (hidden.size) parts.push(`off=${names(hidden)}`);
    if (pinned.size) parts.push(`pin=${names(pinned)}`);
    for (const [name, [column, order]] of sorted) parts.push(`sort=${encodeURIComponent(name)}:${column}:${order}`);
    for (const [name, index] of picks) if (index) parts.push(`show=${name}:${index}`);
    if (parts.length > 1 || anchor || location.hash) history.replaceState(null, "", `#${parts.join("&")}`);
  }

  function restore() {
    const [first, ...rest] = location.hash.slice(1).split("&");
    anchor = first;
    for (const part of rest) {
      const [name, value = ""] = part.split("=");
      const split = value.split(name === "sort" || name === "show" ? ":" : ",").map(decodeURIComponent);
      if (name === "off" || name === "pin") {
        for (const key of split) if (keys.has(key)) (name === "off" ? hidden : pinned).add(keys.get(key));
      } else if (name === "sort") {
        const table = [...document.querySelectorAll("table[data-name]")].find((other) => other.dataset.name === split[0]);
        if (table?.tHead.rows[0].cells[Number(split[1])] && /^(a|de)scending$/.test(split[2])) sort(table, Number(split[1]), split[2]);
      } else if (name === "show") {
        const place = document.getElementById(split[0])?.querySelector(".picker");
        if (place?.pick && Number(split[1]) < place.querySelectorAll(".choice").length) place.pick(Number(split[1]));
      }
    }
  }

  /** Opens what holds the target of a link and scrolls to it. */
  function reveal() {
    const target = anchor && document.getElementById(decodeURIComponent(anchor));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
      if (part.classList.contains("choice")) {
        const place = part.closest(".picker");
        place.pick?.([...place.querySelectorAll(".choice")].indexOf(part));
      }
    }
    target.scrollIntoView();
  }

  /** Marks the link to the section that is read. */
  function follow() {
    const links = [...document.querySelectorAll("nav > ul > li > a")].map((link) => [link.parentElement, document.getElementById(decodeURIComponent(link.hash.slice(1)))]);
    let last = null;
    const mark = () => {
      const line = 120;
      const end = window.innerHeight + window.scrollY >= root.scrollHeight - 2;
      const above = links.filter(([, section]) => section?.getBoundingClientRect().top <= line);
      const here = (end ? links.at(-1) : above.at(-1) ?? links[0])[0];
      if (here === last) return;
      last?.classList.remove("here");
      here.classList.add("here");
      last = here;
      const box = here.closest("nav").scrollWidth > here.closest("nav").clientWidth ? here.closest("nav") : here.closest(".rail");
      if (box.matches("nav")) box.scrollLeft = here.offsetLeft - box.clientWidth / 3;
      else if (here.offsetTop < box.scrollTop || here.offsetTop + here.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = here.offsetTop - box.clientHeight / 3;
    };
    let waiting = false;
    window.addEventListener("scroll", () => {
      if (!waiting) requestAnimationFrame(() => { waiting = false; mark(); });
      waiting = true;
    }, { passive: true });
    mark();
  }

  // -- the whole page -------------------------------------------------------------------------------------------------

  for (const table of document.querySelectorAll("main table")) {
    sortable(table);
    tools(table);
    mark(table);
    if (table.querySelector("td b")) table.classList.toggle("follow", !["leaderboard", "leaderboard-wins"].includes(table.dataset.name));
    if (table.classList.contains("heat")) updates.push(() => standing.shade(table, shown));
    else if (data.marks[table.dataset.name] && table.querySelector("tbody:not(.classical)")) updates.push(standing.marks(table, data.marks[table.dataset.name], hidden));
    else if (!["leaderboard", "leaderboard-wins"].includes(table.dataset.name)) emphasis(table);
  }
  for (const profile of document.querySelectorAll(".method")) profile.dataset.method = keys.get(profile.dataset.key) ?? "";
  const board = document.querySelector("table[data-name='leaderboard']");
  if (board && data.board) updates.push(standing.board(board, data.board, hidden));
  document.querySelectorAll(".picker").forEach(picker);
  if (data.methods.length > 1) document.querySelector(".rail").append(chooser());
  for (const place of document.querySelectorAll("[data-live]")) {
    const figure = data.figures[place.dataset.live];
    place.hidden = false; // before it is drawn, because a hidden place has no width
    kinds[figure.kind](place, figure);
    if (figure.kind !== "sounds") place.parentElement.classList.add("is-live"); // its still form is then for print
  }
  dark.addEventListener("change", show);
  restore();
  show();
  reveal();
  window.addEventListener("hashchange", () => { anchor = location.hash.slice(1).split("&")[0]; reveal(); remember(); });
  follow();
  root.classList.add("ready");
})();
