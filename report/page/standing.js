/* What depends on the methods shown: the shades, bold values and mean ranks of the matrix, and the leaderboard.
   `inrbench.report.data.leaderboard` has the definitions; the names here are the same. */
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
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (!rows.some((row) => row.cells[column].dataset.value)) return;
      const direction = Number(head.dataset.better);
      const valued = rows.filter((row) => shown(row) && row.cells[column].dataset.value);
      const score = (row) => direction * Number(row.cells[column].dataset.value);
      const places = ranks(valued.map(score));
      valued.forEach((row, index) => row.cells[column].style.setProperty("--share", (places[index] - 1) / Math.max(valued.length - 1, 1)));
      const own = valued.filter((row) => sums.has(row));
      const best = direction ? own.reduce((a, b) => (a && score(a) >= score(b) ? a : b), null) : null;
      for (const row of rows) row.cells[column].classList.toggle("strong", row === best);
      const among = ranks(own.map(score));
      own.forEach((row, index) => sums.get(row).push(among[index]));
      for (const row of networks) {
        if (!own.includes(row) && row.cells[column].textContent.trim()) sums.get(row).push(own.length + 1); // failed: the last rank
      }
    });
    const tasks = table.tHead.rows[0].cells.length - 2;
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

  return { shade, board, quantities };
})();
