/* Interaction of the page: methods on and off, sorted and filtered tables; figures.js has the live figures.
   Without this script the page is complete: tables and still figures. */
(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("data").textContent);
  const hidden = new Set();

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

  const { kinds, plots, dark } = liveFigures(data, hidden, make);

  // -- methods on and off ---------------------------------------------------------------------------------------------

  const numbers = new Map(data.methods.flatMap((method, number) => method.labels.map((label) => [label, number])));
  const numberOf = (cell) => numbers.get(cell.dataset.label ?? cell.textContent.trim());

  /** Gives every row and column of a table that belongs to one method the method's number. */
  function mark(table) {
    for (const row of table.tBodies ? [...table.tBodies].flatMap((body) => [...body.rows]) : []) {
      const number = row.closest(".classical") ? undefined : numberOf(row.cells[0]);
      if (number !== undefined) row.dataset.method = number;
    }
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const number = column ? numberOf(cell) : undefined;
      if (number === undefined) return;
      for (const row of table.rows) if (row.cells[column]) row.cells[column].dataset.method = number;
    });
  }

  function show() {
    for (const element of document.querySelectorAll("[data-method]")) {
      element.classList.toggle("off", hidden.has(Number(element.dataset.method)));
    }
    document.documentElement.classList.toggle("some-off", hidden.size > 0);
    for (const plot of plots) plot();
  }

  function chooser() {
    const boxes = data.methods.map((method, number) =>
      make("input", {
        type: "checkbox",
        checked: true,
        onchange: (event) => {
          if (event.target.checked) hidden.delete(number);
          else hidden.add(number);
          show();
        },
      }),
    );
    const all = (on) => () => {
      boxes.forEach((box, number) => {
        box.checked = on;
        if (on) hidden.delete(number);
        else hidden.add(number);
      });
      show();
    };
    const labels = data.methods.map((method, number) => {
      const swatch = make("i", { class: "swatch", "aria-hidden": "true" });
      swatch.style.background = method.color;
      return make("label", {}, boxes[number], swatch, method.labels[0]);
    });
    return make(
      "details",
      { class: "chooser", open: window.innerWidth > 640 },
      make("summary", {}, "Methods shown"),
      make(
        "div",
        { class: "choices", role: "group", "aria-label": "Methods shown in all tables and figures" },
        ...labels,
        make("button", { type: "button", onclick: all(true) }, "all"),
        make("button", { type: "button", onclick: all(false) }, "none"),
      ),
    );
  }

  // -- tables ---------------------------------------------------------------------------------------------------------

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

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const words = head.classList.contains("word");
      const button = make("button", { type: "button", class: "sort" }, head.textContent);
      head.dataset.label = head.textContent.trim();
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const order = before ? (before === "ascending" ? "descending" : "ascending") : words ? "ascending" : "descending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        for (const body of table.tBodies) {
          const text = (row) => row.cells[column].textContent.trim();
          const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
          rows.sort((a, b) => (words ? sign * text(a).localeCompare(text(b)) : compare(text(a), text(b), sign)));
          body.append(...rows);
        }
      });
    });
  }

  function filterable(table) {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.classList.contains("group"));
    if (rows.length < 4) return;
    const field = make("input", {
      type: "search",
      class: "filter",
      placeholder: "filter rows",
      "aria-label": "Filter the rows of this table",
      oninput: () => {
        const words = field.value.toLowerCase().split(/\s+/);
        for (const row of rows) {
          const text = row.textContent.toLowerCase();
          row.classList.toggle("filtered", !words.every((word) => text.includes(word)));
        }
      },
    });
    table.closest(".scroll").before(field);
  }

  // -- the whole page -------------------------------------------------------------------------------------------------

  for (const table of document.querySelectorAll("main table")) {
    sortable(table);
    filterable(table);
    mark(table);
  }
  if (data.methods.length > 1) document.querySelector("main").before(chooser());
  for (const place of document.querySelectorAll("[data-live]")) {
    const figure = data.figures[place.dataset.live];
    place.hidden = false; // before it is drawn, because a hidden place has no width
    kinds[figure.kind](place, figure);
    if (figure.kind !== "sounds") place.parentElement.classList.add("is-live"); // its still form is then for print
  }
  dark.addEventListener("change", show);
  document.documentElement.classList.add("ready");
})();
