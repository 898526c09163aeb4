/* What depends on the methods shown: the shades, bold values and mean ranks of the matrix, the leaderboard, and the marks
   of the tasks' tables. `inrbench.report.data` has the definitions, in `leaderboard` and `stats`; the names here are the
   same. */
const standing = (() => {
  "use strict";

  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  /** Ranks from 1, the largest first; equal values share theirs. */
  function ranks(values) {
    return values.map((value) => 1 + values.filter((other) => other > value).length + (values.filter((other) => other === value).length - 1) / 2);
  }

  /** Shades, bold and mean ranks of the matrix, of the rows that are shown. */
  function shade(table, shown) {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.classList.contains("group"));
    const networks = rows.filter((row) => !row.closest(".classical") && shown(row));
    const sums = new Map(networks.map((row) => [row, []]));
    let tasks = 0;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (!rows.some((row) => row.cells[column].dataset.value)) return;
      tasks += networks.some((row) => row.cells[column].textContent.trim());
      const direction = Number(head.dataset.better);
      const valued = rows.filter((row) => shown(row) && row.cells[column].dataset.value);
      const whole = valued.filter((row) => !("partial" in row.cells[column].dataset));
      const score = (row) => direction * Number(row.cells[column].dataset.value);
      const places = ranks(whole.map(score));
      whole.forEach((row, index) => row.cells[column].style.setProperty("--share", (places[index] - 1) / Math.max(whole.length - 1, 1)));
      const own = valued.filter((row) => sums.has(row));
      const best = direction ? own.filter((row) => whole.includes(row)).reduce((a, b) => (a && score(a) >= score(b) ? a : b), null) : null;
      for (const row of rows) row.cells[column].classList.toggle("strong", row === best);
      const among = ranks(own.map(score));
      own.forEach((row, index) => sums.get(row).push(among[index]));
      for (const row of networks) {
        if (!own.includes(row) && row.cells[column].textContent.trim()) sums.get(row).push(own.length + 1); // failed: the last rank
      }
    });
    for (const [row, found] of sums) {
      const cell = row.querySelector(".rank");
      if (cell) cell.textContent = found.length === tasks ? mean(found).toFixed(1) : "";
    }
  }

  /** Mean rank and probability of improvement of each method with the ends of their intervals, and whether its rank is
      separated from that of the first. scores[method][case][repeat]; units: the cases of each unit of the sample. */
  function quantities(scores, { units, critical }) {
    const rank = scores.map((own) => own.map((runs) => runs.map(() => 0)));
    scores[0].forEach((runs, place) => runs.forEach((_, repeat) => {
      ranks(scores.map((own) => own[place][repeat])).forEach((value, method) => { rank[method][place][repeat] = value; });
    }));
    const share = (value, rival) => mean(rival.map((other) => (value > other) + 0.5 * (value === other)));
    const wins = scores.map((own, method) => own.map((runs, place) =>
      mean(scores.flatMap((rival, number) => (number === method ? [] : runs.map((value) => share(value, rival[place])))))));
    const sampled = (cases) => units.map((places) => mean(places.map((place) => cases[place])));
    const deviation = (values) => Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));
    const interval = (values, low, high) => {
      const half = (critical[0] * deviation(values)) / Math.sqrt(values.length);
      return [mean(values), Math.max(mean(values) - half, low), Math.min(mean(values) + half, high)];
    };
    const ranked = rank.map((own) => sampled(own.map(mean)));
    const first = ranked.reduce((a, b) => (mean(a) <= mean(b) ? a : b));
    const found = ranked.map((own, method) => {
      const gaps = own.map((value, unit) => value - first[unit]);
      const [gap, spread] = [mean(gaps), deviation(gaps)];
      const t = spread > 0 ? (gap * Math.sqrt(gaps.length)) / spread : gap === 0 ? 0 : Infinity;
      return { rank: interval(own, 1, scores.length), improvement: interval(sampled(wins[method]), 0, 1), t, own, separated: false };
    });
    const rivals = found.filter(({ own }) => own !== first).sort((a, b) => b.t - a.t); // Holm: the clearest one first
    rivals.every((item, place) => (item.separated = item.t >= critical[rivals.length - place - 1]));
    return found;
  }

  /** A function that writes the leaderboard of the methods shown; of all methods it is as the report wrote it. */
  function board(table, found, hidden) {
    const place = [...table.tBodies[0].rows];
    const rows = new Map(place.map((row) => [Number(row.dataset.method), row]));
    const written = place.map((row) => [row, [1, 2].map((column) => row.cells[column].innerHTML)]);
    const text = (value) => (Math.round(value * 100) / 100 + 0).toFixed(2).replace("-", "−");
    const words = ([value, low, high]) => `${text(value)} [${text(low)}, ${text(high)}]`;
    let changed = false;
    return () => {
      const kept = found.methods.map((number, index) => [number, index]).filter(([number]) => !hidden.has(number));
      if (kept.length === found.methods.length || kept.length < 2) {
        if (!changed) return;
        for (const [row, texts] of written) texts.forEach((own, column) => { row.cells[column + 1].innerHTML = own; });
        if (!table.querySelector("[aria-sort]")) table.tBodies[0].append(...place);
        changed = false;
        return;
      }
      changed = true;
      const scores = kept.map(([, index]) => found.scores[index].map((runs) => runs.map((value) => value ?? -Infinity)));
      const values = quantities(scores, found);
      const order = kept.map(([number], index) => [number, values[index]]).sort((a, b) => a[1].rank[0] - b[1].rank[0]);
      const best = Math.max(...values.map(({ improvement }) => improvement[0]));
      order.forEach(([number, own], index) => {
        const row = rows.get(number);
        row.cells[1].textContent = words(own.rank) + (index && !own.separated ? " ≈" : "");
        row.cells[2].textContent = words(own.improvement);
        if (!index) row.cells[1].innerHTML = `<b>${row.cells[1].textContent}</b>`;
        if (own.improvement[0] === best) row.cells[2].innerHTML = `<b>${row.cells[2].textContent}</b>`;
        if (!table.querySelector("[aria-sort]")) table.tBodies[0].append(row);
      });
    };
  }

  // -- marks of a task's table ----------------------------------------------------------------------------------------

  /** log Γ(x) for x > 0, by Lanczos' approximation (g = 7, nine terms). */
  function logGamma(x) {
    if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
    const terms = [676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
      -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];
    const sum = terms.reduce((total, term, place) => total + term / (x + place), 0.99999999999980993);
    return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(x + 6.5) - (x + 6.5) + Math.log(sum);
  }

  /** The regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz' method). */
  function incompleteBeta(x, a, b) {
    if (x <= 0 || x >= 1) return Math.min(Math.max(x, 0), 1);
    if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
    const tiny = 1e-300;
    const guarded = (value) => (Math.abs(value) < tiny ? tiny : value);
    let [c, d] = [1, 1 / guarded(1 - ((a + b) * x) / (a + 1))];
    let found = d;
    for (let m = 1; m < 1000; m += 1) {
      let change = 1;
      for (const numerator of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
        d = 1 / guarded(1 + numerator * d);
        c = guarded(1 + numerator / c);
        change = c * d;
        found *= change;
      }
      if (Math.abs(change - 1) < 1e-13) break;
    }
    return (Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) * found) / a;
  }

  /** Two-sided p-value of Welch's t-test of two means over the same signals; 1 if one has no signal repeated. */
  function pValue(first, second) {
    let gap = 0;
    const parts = [];
    for (const [own, sign] of [[first, 1], [second, -1]]) {
      const groups = Object.values(own);
      const total = (number) => groups.reduce((sum, [, variance, n]) => sum + number(variance, n), 0);
      const [spare, weight] = [total((_, n) => n - 1), (n) => 1 / n / groups.length ** 2];
      if (!spare) return 1;
      gap += sign * mean(groups.map(([value]) => value));
      if (groups.every(([, , n]) => n > 1)) for (const [, variance, n] of groups) parts.push([variance * weight(n), n - 1]);
      else parts.push([(total((variance, n) => variance * (n - 1)) / spare) * total((_, n) => weight(n)), spare]);
    }
    const variance = parts.reduce((sum, [part]) => sum + part, 0);
    if (variance === 0) return gap === 0 ? 1 : 0;
    const freedom = variance ** 2 / parts.reduce((sum, [part, n]) => sum + part ** 2 / n, 0); // Satterthwaite's
    return incompleteBeta(freedom / (freedom + gap ** 2 / variance), freedom / 2, 0.5);
  }

  const ALPHA = 0.05;

  /** The best of some methods, then those that are not separated from it. methods: number → signal → [mean, variance, n]. */
  function leaders(methods, direction) {
    const needed = new Set([...methods.values()].flatMap(Object.keys));
    const whole = [...methods].filter(([, own]) => Object.keys(own).length === needed.size);
    if (!direction || !needed.size || !whole.length) return [];
    const value = (own) => direction * mean(Object.values(own).map(([first]) => first));
    const order = whole.sort((a, b) => value(b[1]) - value(a[1]));
    if (order.every(([, own]) => Object.values(own).every(([, , n]) => n === 1))) return [order[0][0]];
    const rivals = order.slice(1).map(([number, own]) => [number, pValue(order[0][1], own)]);
    const separated = new Set(); // Holm: the smallest one first
    [...rivals].sort((a, b) => a[1] - b[1]).every(([number, p], place) => p <= ALPHA / (rivals.length - place) && separated.add(number));
    const end = rivals.findIndex(([number]) => separated.has(number));
    return [order[0][0], ...rivals.slice(0, end < 0 ? rivals.length : end).map(([number]) => number)];
  }

  /** A function that sets bold, ‡, ≈ and ¶ of a task's table by the methods shown. */
  function marks(table, { columns, off, classical }, hidden) {
    const rows = new Map([...table.tBodies[0].rows].map((row) => [Number(row.dataset.method), row]));
    const plain = new Map(columns.map(({ column }) => [column, new Map([...rows].map(([number, row]) =>
      [number, row.cells[column].textContent.trim().replace(/ [‡≈¶](?= |$)/g, "")]))]));
    const kept = (methods) => new Map(Object.entries(methods).map(([number, own]) => [Number(number), own]).filter(([number]) => rows.has(number) && !hidden.has(number)));
    return () => {
      const signals = new Set([...classical, ...[...kept(columns[0].methods).values()].flatMap(Object.keys)]);
      let unseparated = false;
      for (const { column, direction, methods } of columns) {
        const own = kept(methods);
        const leading = leaders(own, direction);
        unseparated ||= leading.length > 1;
        for (const [number, row] of rows) {
          const [cell, text] = [row.cells[column], plain.get(column).get(number)];
          const place = leading.indexOf(number);
          const has = Object.keys(own.get(number) ?? {}).length;
          cell.classList.toggle("strong", place === 0 && has === signals.size);
          if (!has) continue;
          const found = [...(has < signals.size ? ["‡"] : []), ...(place > 0 ? ["≈"] : []), ...(place >= 0 && off.includes(number) ? ["¶"] : [])];
          const [, value, falling] = text.match(/^(.*?)( ‖)?$/);
          (cell.querySelector("b") ?? cell).textContent = [value, ...found].join(" ") + (falling ?? "");
        }
      }
      const notes = table.closest(".scroll").nextElementSibling;
      if (unseparated && notes?.matches(".notes") && ![...notes.children].some((note) => note.textContent.startsWith("≈"))) {
        const note = document.createElement("li");
        note.textContent = "≈ Not separated from the best of the methods shown.";
        notes.append(note);
      }
    };
  }

  return { shade, board, marks };
})();
