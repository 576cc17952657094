"use strict";
(() => {
  const data = JSON.parse(document.getElementById("material").textContent);
  const at = Object.fromEntries(data.columns.map((name, i) => [name, i]));
  // a column's title and what it means, from the board's registry
  const about = (key) => ({ title: data.meaning[key][0], hint: data.meaning[key][1] });
  const ORDER = Object.keys(data.entrants);
  const FIRST = 6, CONTROL = "random-duplicates";
  const NS = "http://www.w3.org/2000/svg";
  const form = document.getElementById("filters");
  const byId = (id) => document.getElementById(id);

  // ---- elements -----------------------------------------------------------------------------------------------------
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    for (const child of children.flat(3)) if (child !== null && child !== undefined) node.append(child);
    return node;
  }
  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(NS, tag), attributes, children);

  // ---- numbers ------------------------------------------------------------------------------------------------------
  const number = (value, digits = 2, sign = false, scale = 1) => {
    if (value === null || value === undefined) return "–";
    let text = (value * scale).toFixed(digits);
    if (Number(text) === 0) text = (0).toFixed(digits);
    return (sign && Number(text) > 0 ? "+" : "") + text.replace("-", "−");
  };
  const points = (value, sign = false, digits = 1) => number(value, digits, sign, 100);
  const interval = (low, high, digits = 2, scale = 1) =>
    low === null || low === undefined ? "" : ` [${number(low, digits, true, scale)}, ${number(high, digits, true, scale)}]`;

  // ---- what is chosen -------------------------------------------------------------------------------------------------
  const chosen = () => ({ dataset: form.elements.dataset.value, victim: form.elements.victim.value, budget: form.elements.budget.value, attack: form.elements.attack.value.trim().toLowerCase() });
  const keyOf = (c) => `${c.dataset}|${c.victim}|${c.budget}`;
  const shown = (name) => { const part = chosen().attack; return !part || name.toLowerCase().includes(part); };
  const part = (index) => [...new Set(data.cells.map((cell) => cell.split("|")[index]))];
  const budgetOrder = (a, b) => (a.endsWith("%") ? 0 : 1) - (b.endsWith("%") ? 0 : 1) || parseFloat(a) - parseFloat(b);
  const share = (label) => parseFloat(label) / (label.endsWith("%") ? 100 : 1);

  function look(name) {
    const place = ORDER.indexOf(name);
    if (data.entrants[name] && data.entrants[name].role === "control") return { colour: "var(--c6)", dash: "2 3", marker: place % 6 };
    return { colour: `var(--c${place % 6})`, dash: ["none", "7 3", "2 3", "9 3 2 3"][Math.floor(place / 6) % 4], marker: place % 6 };
  }
  const drawn = (names) => chosen().attack ? names.filter(shown)
    : names.filter((name, i) => i < FIRST || name === CONTROL);

  function marker(kind, x, y, colour, filled = true, size = 5) {
    const style = `fill:${filled ? colour : "var(--paper)"};stroke:${colour};stroke-width:1.5`;
    const s = size;
    if (kind === 0) return svg("circle", { cx: x, cy: y, r: s * 0.9, style });
    const shapes = [null,
      [[-s, -s], [s, -s], [s, s], [-s, s]].map(([a, b]) => [a * 0.85, b * 0.85]),
      [[0, -s * 1.1], [s, s * 0.8], [-s, s * 0.8]],
      [[0, -s * 1.2], [s * 1.2, 0], [0, s * 1.2], [-s * 1.2, 0]],
      [[0, s * 1.1], [s, -s * 0.8], [-s, -s * 0.8]],
      [[-s * 0.35, -s], [s * 0.35, -s], [s * 0.35, -s * 0.35], [s, -s * 0.35], [s, s * 0.35], [s * 0.35, s * 0.35], [s * 0.35, s], [-s * 0.35, s], [-s * 0.35, s * 0.35], [-s, s * 0.35], [-s, -s * 0.35], [-s * 0.35, -s * 0.35]]];
    return svg("polygon", { points: shapes[kind].map(([a, b]) => `${x + a},${y + b}`).join(" "), style });
  }

  // ---- tables ---------------------------------------------------------------------------------------------------------
  const sorting = {};
  function table(node, columns, rows, options = {}) {
    const own = sorting[node.id] || (sorting[node.id] = { column: null, down: false });
    const head = el("tr", {}, columns.map((column, i) => {
      const press = el("button", { type: "button", title: column.hint || null }, column.title);
      press.addEventListener("click", () => {
        const same = own.column === i;
        own.down = same ? !own.down : column.down !== false && !column.text_;
        own.column = i;
        table(node, columns, rows, options);
        node.querySelectorAll("thead button")[i].focus();
      });
      const sorted = own.column === i ? (own.down ? "descending" : "ascending") : null;
      return el("th", { scope: "col", class: column.left ? "text" : null, "aria-sort": sorted }, press);
    }));
    const ordered = [...rows];
    if (own.column !== null) {
      const value = columns[own.column].value;
      ordered.sort((a, b) => {
        const [one, other] = [value(a), value(b)];
        const [none, nor] = [one === null || one === undefined, other === null || other === undefined];
        if (none || nor) return none - nor;
        const way = typeof one === "string" ? one.localeCompare(other) : one - other;
        return own.down ? -way : way;
      });
    }
    let before = null;
    const body = el("tbody", {}, ordered.map((row) => {
      const cut = options.group && own.column === null && before !== null && options.group(row) !== before;
      if (options.group) before = options.group(row);
      const line = el("tr", { class: [cut ? "cut" : "", options.mute && options.mute(row) ? "unranked" : ""].join(" ").trim() || null });
      columns.forEach((column) => {
        const content = column.show ? column.show(row) : column.value(row);
        line.append(el(column.head ? "th" : "td", { scope: column.head ? "row" : null, class: column.left && !column.head ? "text" : null, "data-plain": column.head ? column.value(row) : null }, content === null ? "–" : content));
      });
      return line;
    }));
    const caption = node.querySelector("caption");
    node.replaceChildren(...(caption ? [caption] : []), el("thead", {}, head), body);
  }
  // text that a spreadsheet would compute gets an apostrophe in front; a number stays
  function inert(text) {
    return /^[=+@-]/.test(text) && !/^[+-]?[\d.]/.test(text) ? `'${text}` : text;
  }
  function plain(node) {
    return [...node.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => `"${inert((cell.dataset.plain || cell.textContent).trim()).replace(/"/g, '""')}"`).join(",")).join("\r\n") + "\r\n";
  }
  function save(name, content) {
    const link = el("a", { href: URL.createObjectURL(content), download: name });
    document.body.append(link); link.click(); link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  function download(name, node) {
    const press = el("button", { type: "button" }, "Download table as CSV");
    press.addEventListener("click", () => save(`${name}.csv`, new Blob([plain(node)], { type: "text/csv" })));
    return press;
  }
  document.querySelectorAll(".downloads").forEach((place) => place.append(download(place.dataset.name, byId(place.dataset.table))));

  // ---- the board ------------------------------------------------------------------------------------------------------
  function bar(low, value, high, limits) {
    const [from, to] = limits, width = 150, x = (v) => 2 + (Math.max(from, Math.min(to, v)) - from) / (to - from) * (width - 4);
    return svg("svg", { width, height: 18, viewBox: `0 0 ${width} 18`, "aria-hidden": "true" },
      svg("line", { x1: x(0), x2: x(0), y1: 1, y2: 17, class: "grid" }),
      value === null ? null : svg("line", { x1: x(low), x2: x(high), y1: 9, y2: 9, style: "stroke:var(--bar);stroke-width:2" }),
      value === null ? null : svg("circle", { cx: x(value), cy: 9, r: 4, style: "fill:var(--bar)" }));
  }
  const named = (name) => {
    const who = data.entrants[name] || {};
    return [name, " ", who.role === "control" ? el("span", { class: "mark control" }, "control") : null, who.role === "baseline" ? el("span", { class: "mark zero" }, "no query") : null];
  };
  function board() {
    const subset = data.subsets[keyOf(chosen())];
    const told = byId("told"), node = byId("rows");
    byId("notes").replaceChildren(); byId("lines").replaceChildren();
    if (!subset) {
      told.textContent = "No results for this choice: this victim was not run on this data set or at this budget.";
      node.tBodies[0].replaceChildren(); byId("settings").replaceChildren();
      return null;
    }
    const rows = Object.entries(subset.rows).filter(([name]) => shown(name));
    const get = (name) => (row) => row[1][at[name]];
    const ends = rows.flatMap((row) => [get("gc_low")(row), get("gc_high")(row), get("gc")(row)]).filter((v) => v !== null);
    const limits = [Math.min(-0.05, ...ends), Math.max(0.1, ...ends)];
    const columns = [
      { ...about("rank_low"), value: get("rank_low"), show: (row) => (get("rank_low")(row) === null ? ({ incomplete: "inc.", inconclusive: "n/c", provisional: "prov." })[get("status")(row)] ?? "–" : get("rank_low")(row) === get("rank_high")(row) ? `${get("rank_low")(row)}` : `${get("rank_low")(row)}–${get("rank_high")(row)}`), down: false },
      { title: "entrant", value: (row) => row[0], show: (row) => named(row[0]), head: true, left: true, text_: true },
      { ...about("gc"), value: get("gc"), show: (row) => number(get("gc")(row), 3, true) + interval(get("gc_low")(row), get("gc_high")(row)) },
      { title: "interval", value: get("gc"), show: (row) => bar(get("gc_low")(row), get("gc")(row), get("gc_high")(row), limits) },
      { title: "gap before > after", hint: about("gap_clean").hint, value: get("gap_poisoned"), show: (row) => [get("gap_clean")(row) === null ? "–" : `${points(get("gap_clean")(row))} > ${points(get("gap_poisoned")(row))}`], down: false },
      { ...about("accuracy_cost"), value: get("accuracy_cost"), show: (row) => [points(get("accuracy_cost")(row), true, 2) + interval(get("accuracy_cost_low")(row), get("accuracy_cost_high")(row), 2, 100), get("cells_over")(row) ? el("span", { class: "mark down", title: data.meaning.cells_over[1] }, `over in ${get("cells_over")(row)}`) : null], down: false },
      { ...about("who_pays"), value: get("who_pays"), show: (row) => number(get("who_pays")(row), 2, true), down: false },
      { ...about("cells_worse"), value: get("cells_worse"), show: (row) => (get("cells_worse")(row) === null ? "–" : `${get("cells_worse")(row)} of ${get("cells")(row)}`), down: false },
      { ...about("equalized_odds"), value: get("equalized_odds"), show: (row) => number(get("equalized_odds")(row), 2, true) },
      { ...about("gain_over_random_duplicates"), value: get("gain_over_random_duplicates"), show: (row) => number(get("gain_over_random_duplicates")(row), 2, true) },
      { ...about("of_reference"), value: get("of_reference"), show: (row) => number(get("of_reference")(row), 2, true), reference: true },
      { ...about("optimism"), value: get("optimism"), show: (row) => number(get("optimism")(row), 2, true) },
      { ...about("poison_rows"), value: get("poison_rows"), show: (row) => number(get("poison_rows")(row), 0) },
      { ...about("queries"), value: get("queries"), show: (row) => number(get("queries")(row), 0) },
      { ...about("cpu_seconds"), value: get("cpu_seconds"), show: (row) => number(get("cpu_seconds")(row), 1) },
    ].filter((column) => !column.reference || rows.some((row) => get("of_reference")(row) !== null));
    document.querySelectorAll(".reference").forEach((node_) => { node_.hidden = !columns.some((column) => column.reference); });
    table(node, columns, rows, { mute: (row) => get("rank_low")(row) === null });
    const c = chosen();
    const where = [c.dataset || "all data sets", c.victim || "all victims", c.budget ? `${c.budget} of the rows` : "all poison budgets"].join(", ");
    told.textContent = `${rows.length} entrant${rows.length === 1 ? "" : "s"}: ${where}${c.attack ? "; ranks are those among all contenders" : ""}.`;
    if (subset.lines.length) {
      byId("lines").append(el("p", {}, "Reference methods, which add no rows, by the same rule: ", subset.lines.map(([name, score, clean, poisoned, cost], i) =>
        `${i ? "; " : ""}${name} ${number(score, 2, true)} (${points(clean)} > ${points(poisoned)}) for ${points(cost, false, 2)} points of accuracy`), "."));
    }
    byId("notes").append(el("ul", {}, subset.notes.map((note) => el("li", {}, note))));
    table(byId("settings"), [
      { title: "data set", value: (p) => `${p[0]} (${p[1]})`, head: true, left: true, text_: true },
      { title: "victim", value: (p) => p[2], left: true, text_: true },
      { title: "attribute is", value: (p) => p[12], left: true, text_: true },
      { title: "clean gap (points)", value: (p) => p[3], show: (p) => points(p[3]) + interval(p[4], p[5], 1, 100) },
      { title: "smallest resolvable", value: (p) => p[6], show: (p) => points(p[6]) },
      { title: "seeds", value: (p) => p[7] },
      { title: "counts", value: (p) => (p[8] ? "yes" : "inconclusive"), show: (p) => (p[8] ? "yes" : `inconclusive: ${p[9]}`), left: true, text_: true },
    ], subset.settings, { mute: (p) => !p[8] });
    const without = Object.entries(subset.without || {});
    byId("robustness").hidden = !without.length;
    if (without.length) table(byId("without"), [
      { title: "contender", value: (r) => r[0], head: true, left: true, text_: true },
      ...without.map(([name, positions]) => ({ title: `without ${name}`, value: (r) => positions[r[0]] ?? null, down: false })),
    ], Object.keys(without[0][1]).filter(shown).map((name) => [name]));
    return subset;
  }

  // ---- charts ---------------------------------------------------------------------------------------------------------
  function ticks(from, to, count = 6) {
    const raw = (to - from) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw);
    const marks = [];
    for (let v = Math.ceil(from / step - 1e-9) * step; v <= to + 1e-9; v += step) marks.push(Math.abs(v) < 1e-12 ? 0 : v);
    return marks;
  }
  const digitsOf = (values) => Math.max(0, ...values.map((v) => { const t = String(Math.round(v * 1e6) / 1e6); return t.includes(".") ? t.split(".")[1].length : 0; }));
  class Chart {
    constructor(width, height, margin, description) {
      Object.assign(this, { width, height, margin });
      this.node = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": description });
      this.inner = { left: margin[3], right: width - margin[1], top: margin[0], bottom: height - margin[2] };
    }
    x(from, to, label, { values = null, texts = null, box = this.inner } = {}) {
      this.px = (v) => box.left + (v - from) / ((to - from) || 1) * (box.right - box.left);
      const at_ = values || ticks(from, to, Math.max(2, Math.min(7, (box.right - box.left) / 70))), digits = digitsOf(at_);
      at_.forEach((v, i) => this.add(
        svg("line", { x1: this.px(v), x2: this.px(v), y1: box.bottom, y2: box.bottom + 4, class: "axis" }),
        svg("text", { x: this.px(v), y: box.bottom + 17, "text-anchor": "middle" }, texts ? texts[i] : number(v, digits))));
      this.add(svg("line", { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: "axis" }),
        svg("text", { x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle", class: "soft" }, label));
    }
    y(from, to, label, { box = this.inner, zero = true } = {}) {
      this.py = (v) => box.bottom - (v - from) / ((to - from) || 1) * (box.bottom - box.top);
      const at_ = ticks(from, to), digits = digitsOf(at_);
      at_.forEach((v) => this.add(
        svg("line", { x1: box.left, x2: box.right, y1: this.py(v), y2: this.py(v), class: v === 0 && zero ? "zero" : "grid" }),
        svg("text", { x: box.left - 6, y: this.py(v) + 4, "text-anchor": "end" }, number(v, digits))));
      this.add(svg("text", { x: 14, y: (box.top + box.bottom) / 2, transform: `rotate(-90 14 ${(box.top + box.bottom) / 2})`, "text-anchor": "middle", class: "soft" }, label));
    }
    add(...nodes) { this.node.append(...nodes.flat(2).filter(Boolean)); return this; }
    legend(names, top, lines = true) {
      const { each, across } = legendGrid(names, this.width);
      names.forEach((name, i) => {
        const x = 16 + (i % across) * each, y = top + Math.floor(i / across) * 20, own = look(name);
        this.add(lines ? svg("line", { x1: x, x2: x + 26, y1: y, y2: y, style: `stroke:${own.colour};stroke-width:2;stroke-dasharray:${own.dash}` }) : null,
          marker(own.marker, x + 13, y, own.colour), svg("text", { x: x + 33, y: y + 4 }, name));
      });
    }
  }
  function legendGrid(names, width) {
    const each = Math.max(150, ...names.map((name) => 46 + name.length * 6.6));
    return { each, across: Math.max(1, Math.floor((width - 24) / each)) };
  }
  const legendHeight = (names, width) => Math.ceil(names.length / legendGrid(names, width).across) * 20;
  function place(id, chart, name, caption) {
    const node = byId(id);
    if (!chart) { node.replaceChildren(el("p", {}, caption || "Nothing to draw for this choice.")); return; }
    const buttons = el("p", { class: "downloads" }, ["SVG", "PNG"].map((kind) => {
      const press = el("button", { type: "button", "aria-label": `Download ${name} as ${kind}` }, `Download ${kind}`);
      press.addEventListener("click", () => picture(chart.node, name, kind));
      return press;
    }));
    node.replaceChildren(chart.node, buttons);
  }
  function standalone(node) {
    const copy = node.cloneNode(true), own = getComputedStyle(document.documentElement);
    copy.setAttribute("xmlns", NS);
    const rules = [...document.styleSheets[0].cssRules].map((rule) => rule.cssText).filter((text) => text.startsWith("svg ")).map((text) => text.replace(/^svg /, "")).join(" ");
    copy.prepend(svg("style", {}, rules), svg("rect", { width: "100%", height: "100%", style: "fill:var(--paper)" }));
    return new XMLSerializer().serializeToString(copy).replace(/var\((--\w+)\)/g, (_, name) => own.getPropertyValue(name).trim());
  }
  function picture(node, name, kind) {
    const text = standalone(node);
    if (kind === "SVG") { save(`${name}.svg`, new Blob([text], { type: "image/svg+xml" })); return; }
    const image = new Image(), scale = 2, box = node.viewBox.baseVal;
    image.onload = () => {
      const canvas = el("canvas", { width: box.width * scale, height: box.height * scale });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((content) => save(`${name}.png`, content), "image/png");
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  }
  const brief = (name, extra = 0) => (wide() < 600 && name.length + extra > 20 ? `${name.slice(0, 19 - extra)}…` : name);
  const wide = () => Math.max(340, Math.min(1120, byId("chart-budgets").clientWidth || 900));

  function budgets() {
    const c = chosen(), all = part(2).sort(budgetOrder);
    const at_budget = all.map((budget) => data.subsets[keyOf({ ...c, budget })]);
    const names = ORDER.filter((name) => at_budget.some((s) => s && s.rows[name] && s.rows[name][at.gc] !== null));
    const picked = drawn(names);
    const cell = (name, i) => { const row = at_budget[i] && at_budget[i].rows[name]; return row && row[at.gc] !== null ? row : null; };
    const subset = data.subsets[keyOf({ ...c, budget: "" })];
    table(byId("curve-table"), [
      { title: "entrant", value: (name) => name, head: true, left: true, text_: true },
      ...all.map((budget, i) => ({ title: budget, value: (name) => (cell(name, i) ? cell(name, i)[at.gc] : null), show: (name) => { const row = cell(name, i); return row ? number(row[at.gc], 2, true) + interval(row[at.gc_low], row[at.gc_high]) : "–"; } })),
      { title: "rows that close a quarter", value: (name) => (subset && subset.volumes[name] ? subset.volumes[name][2] : null), show: (name) => { const v = subset && subset.volumes[name]; return !v ? "–" : v[2] === null ? "never" : `${number(v[2], 2, false, 100)} %`; }, down: false },
      { title: "hypervolume", value: (name) => (subset && subset.volumes[name] ? subset.volumes[name][0] : null), show: (name) => number(subset && subset.volumes[name] ? subset.volumes[name][0] : null, 2) },
    ], names.filter(shown));
    if (!picked.length) { place("chart-budgets", null); return; }
    const width = wide(), legend = legendHeight(picked, width);
    const chart = new Chart(width, 380 + legend, [12, 20, 56 + legend, 52], `GC@1 by poison budget of ${picked.join(", ")}`);
    const ends = picked.flatMap((name) => all.flatMap((_, i) => { const row = cell(name, i); return row ? [row[at.gc_low], row[at.gc_high]] : []; }));
    const logs = all.map((b) => Math.log(share(b))), pad = (Math.max(...logs) - Math.min(...logs)) * 0.08 || 1;
    chart.y(Math.min(-0.05, ...ends), Math.max(0.1, ...ends), "GC@1");
    chart.x(Math.min(...logs) - pad, Math.max(...logs) + pad, "added rows, share of the training rows", { values: logs, texts: all });
    picked.forEach((name, order) => {
      const own = look(name), shift = (order - (picked.length - 1) / 2) * Math.min(7, 60 / picked.length);
      const found = all.map((_, i) => [chart.px(logs[i]) + shift, cell(name, i)]).filter(([, row]) => row);
      chart.add(svg("polyline", { points: found.map(([x, row]) => `${x},${chart.py(row[at.gc])}`).join(" "), style: `fill:none;stroke:${own.colour};stroke-width:2;stroke-dasharray:${own.dash}` }),
        found.map(([x, row]) => [svg("line", { x1: x, x2: x, y1: chart.py(row[at.gc_low]), y2: chart.py(row[at.gc_high]), style: `stroke:${own.colour};stroke-width:1` }),
          marker(own.marker, x, chart.py(row[at.gc]), own.colour)]));
    });
    chart.legend(picked, 380 + 10);
    place("chart-budgets", chart, "budgets");
  }

  // Labels beside points, moved apart downwards where they would overlap.
  function apart(labels, height = 13) {
    labels.sort((a, b) => a.y - b.y).forEach((label, i) => {
      for (const other of labels.slice(0, i)) if (Math.abs(other.x - label.x) < 150 && label.y - other.y < height) label.y = Math.max(label.y, other.y + height);
    });
    return labels;
  }
  function trade(subset) {
    const rows = subset ? Object.entries(subset.rows).filter(([name, row]) => shown(name) && row[at.gap_poisoned] !== null) : [];
    if (!rows.length) { place("chart-trade", null); return; }
    const legend = legendHeight(rows.map((row) => row[0]), wide());
    const chart = new Chart(wide(), 460 + legend, [16, wide() < 600 ? 90 : 150, 56 + legend, 52], "Mean gap after poisoning against accuracy cost, in points, of every entrant");
    const lines = subset.lines.filter((line) => line[3] !== null);
    const spots = [...rows.map(([name, row]) => [name, 100 * row[at.accuracy_cost], 100 * row[at.gap_poisoned]]), ...lines.map(([name, , , gap, cost]) => [name, 100 * cost, 100 * gap])];
    const xs = spots.map((s) => s[1]), ys = spots.map((s) => s[2]), pad = (Math.max(1, ...xs) - Math.min(0, ...xs)) * 0.05;
    chart.y(0, Math.max(...ys) * 1.05, "gap after (points)", { zero: false });
    chart.x(Math.min(0, ...xs) - pad, Math.max(1.05, ...xs) + pad, "accuracy cost (points)");
    chart.add(svg("line", { x1: chart.px(1), x2: chart.px(1), y1: chart.inner.top, y2: chart.inner.bottom, class: "limit" }));
    const front = rows.filter(([name]) => subset.volumes[name] && subset.volumes[name][1]).map(([, row]) => [100 * row[at.accuracy_cost], 100 * row[at.gap_poisoned]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    chart.add(svg("polyline", { points: front.map(([x, y], i) => (i ? `${chart.px(x)},${chart.py(front[i - 1][1])} ` : "") + `${chart.px(x)},${chart.py(y)}`).join(" "), style: "fill:none;stroke:var(--soft);stroke-width:1.5" }));
    const named_ = spots.filter(([name]) => !data.entrants[name] || chosen().attack || (subset.volumes[name] && subset.volumes[name][1]) || subset.rows[name][at.gap_poisoned] > subset.rows[name][at.gap_clean] + 0.02);
    const labels = named_.map(([name, x, y]) => ({ name, x: chart.px(x) + 9, y: chart.py(y) + 4 }));
    spots.forEach(([name, x, y]) => chart.add(data.entrants[name] ? marker(look(name).marker, chart.px(x), chart.py(y), look(name).colour)
      : marker(3, chart.px(x), chart.py(y), "var(--soft)", false, 6)));
    apart(labels).forEach((label) => chart.add(svg("text", { x: label.x, y: label.y, class: data.entrants[label.name] ? null : "soft" }, label.name)));
    chart.legend(rows.map((row) => row[0]), 460 + 8, false);
    place("chart-trade", chart, "gap-against-accuracy");
  }

  function ranks(subset) {
    const names = subset ? Object.keys(subset.ranks) : [];
    if (names.length < 2) { place("chart-ranks", null, "", "No ranking for this choice: fewer than two complete entrants, or no pair that can be ranked."); return; }
    const rows = names.map((name) => [name, subset.rows[name][at.gc]]);
    const step = 22, height = 60 + rows.length * step, labels = Math.max(...rows.map(([name]) => brief(name, 7).length)) * 6.8 + 60;
    const bars = subset.bars, lane = 12, right = 30 + bars.length * lane;
    const chart = new Chart(wide(), height, [12, right, 44, labels], `Entrants by GC@1 with bars joining those that cannot be told apart: ${bars.map((bar_) => bar_.join(", ")).join("; ")}`);
    const values = rows.map((row) => row[1]);
    chart.x(Math.min(0, ...values) - 0.02, Math.max(...values) + 0.02, "GC@1");
    const y = (i) => 20 + i * step;
    rows.forEach(([name, gc], i) => chart.add(
      svg("line", { x1: chart.inner.left, x2: chart.inner.right, y1: y(i), y2: y(i), class: "grid" }),
      svg("text", { x: chart.inner.left - 8, y: y(i) + 4, "text-anchor": "end", style: shown(name) ? "font-weight:600" : "opacity:.65" }, `${brief(name, 7)} (${number(subset.ranks[name], 1)})`),
      marker(look(name).marker, chart.px(gc), y(i), look(name).colour)));
    bars.forEach((bar_, k) => { const from = names.indexOf(bar_[0]), to = names.indexOf(bar_[bar_.length - 1]), x = chart.inner.right + 14 + k * lane;
      chart.add(svg("line", { x1: x, x2: x, y1: y(from) - 7, y2: y(to) + 7, style: "stroke:var(--ink);stroke-width:5;stroke-linecap:round" })); });
    place("chart-ranks", chart, "critical-differences");
  }

  // ---- single cells ---------------------------------------------------------------------------------------------------
  const cellName = (cell) => { const [dataset, victim, budget] = cell.split("|"); return `${dataset}, ${victim}, ${budget}`; };
  function options(select, values, text = (v) => v, all = null) {
    const before = select.value;
    select.replaceChildren(...(all === null ? [] : [el("option", { value: "" }, all)]), ...values.map((v) => el("option", { value: v }, text(v))));
    if (values.includes(before)) select.value = before;
  }
  const matching = (cells) => { const c = chosen(); return cells.filter((cell) => { const [d, v, b] = cell.split("|"); return (!c.dataset || c.dataset === d) && (!c.victim || c.victim === v) && (!c.budget || c.budget === b); }); };

  // Where more is added more is to be seen: the largest budget stands first.
  const bySize = (a, b) => budgetOrder(b.split("|")[2], a.split("|")[2]) || a.localeCompare(b);
  function single() {
    const cells = matching(data.cells).sort(bySize);
    options(byId("search-cell"), cells.filter((cell) => data.searched[cell]), cellName);
    options(byId("harm-cell"), cells.filter((cell) => data.harms[cell]), cellName);
    searches(); groups();
  }
  function searches() {
    const cell = byId("search-cell").value, traces = data.searched[cell], subset = data.subsets[cell];
    const names = traces ? ORDER.filter((name) => traces[name]) : [];
    const picked = chosen().attack ? names.filter(shown) : names.slice(0, FIRST);
    options(byId("search-entrant"), names.filter(shown));
    explored();
    if (!picked.length || !subset) { place("chart-search", null, "", "No search made queries for this choice."); return; }
    const width = wide(), legend = legendHeight(picked, width);
    const split = Math.max(150, picked.length * 30 + 30), chart = new Chart(width, 380 + legend, [12, 12, 56 + legend, 52], `Best gap so far by query, and final sets, of ${picked.join(", ")} on ${cellName(cell)}`);
    const rows = picked.map((name) => [name, subset.rows[name]]);
    const finals = rows.map(([name, row]) => {
      const promised = row && row[at.closed] !== null && row[at.optimism] !== null ? row[at.closed] + row[at.optimism] : null, start = traces[name].best[0] ? traces[name].best[0][2] : null;
      return { name, promised: promised !== null && start !== null ? 100 * start * (1 - promised) : null, held: row && row[at.gap_poisoned] !== null ? 100 * row[at.gap_poisoned] : null };
    });
    const clean = rows.map(([, row]) => row && row[at.gap_clean]).find((v) => v !== null && v !== undefined);
    const tops = [...picked.flatMap((name) => traces[name].best.map((p) => 100 * p[3])), ...finals.flatMap((f) => [f.promised, f.held]), 100 * (clean || 0)].filter((v) => v !== null);
    chart.y(0, Math.max(...tops) * 1.05, "gap U (points)", { zero: false });
    const left = { ...chart.inner, right: chart.inner.right - split };
    chart.x(0, Math.max(...picked.flatMap((name) => traces[name].best.map((p) => p[0]))), "queries", { box: left });
    picked.forEach((name) => {
      const own = look(name), best = traces[name].best, step = (i) => best.map((p, k) => `${k ? `${chart.px(p[0])},${chart.py(100 * best[k - 1][i])} ` : ""}${chart.px(p[0])},${chart.py(100 * p[i])}`);
      const back = [...best].reverse().map((p, k, a) => `${chart.px(p[0])},${chart.py(100 * p[1])}${k + 1 < a.length ? ` ${chart.px(p[0])},${chart.py(100 * a[k + 1][1])}` : ""}`);
      if (picked.length <= 3) chart.add(svg("polygon", { points: [...step(3), ...back].join(" "), style: `fill:${own.colour};opacity:.15` }));
      chart.add(svg("polyline", { points: step(2).join(" "), style: `fill:none;stroke:${own.colour};stroke-width:2;stroke-dasharray:${own.dash}` }));
    });
    const first = left.right + 40;
    if (clean) chart.add(svg("line", { x1: first - 22, x2: chart.inner.right, y1: chart.py(100 * clean), y2: chart.py(100 * clean), class: "limit" }), svg("text", { x: first - 22, y: chart.py(100 * clean) - 6, class: "soft" }, "clean, audit"));
    finals.forEach((f, i) => { const own = look(f.name), x = first + i * (split - 50) / Math.max(1, picked.length - 1 || 1);
      if (f.promised !== null && f.held !== null) chart.add(svg("line", { x1: x - 5, x2: x + 5, y1: chart.py(f.promised), y2: chart.py(f.held), style: `stroke:${own.colour};stroke-width:1` }));
      if (f.promised !== null) chart.add(marker(own.marker, x - 5, chart.py(f.promised), own.colour, false));
      if (f.held !== null) chart.add(marker(own.marker, x + 5, chart.py(f.held), own.colour)); });
    chart.add(svg("text", { x: (first + chart.inner.right) / 2, y: chart.inner.bottom + 17, "text-anchor": "middle", class: "soft" }, "final sets"));
    chart.legend(picked, 380 + 10);
    place("chart-search", chart, "searches");
  }
  function explored() {
    const cell = byId("search-cell").value, name = byId("search-entrant").value, cloud = data.searched[cell] && data.searched[cell][name];
    if (!cloud || !cloud.points.length) { place("chart-explored", null, "", "No search made queries for this choice."); return; }
    const chart = new Chart(wide(), 400, [12, 20, 56, 52], `What ${name} explored on ${cellName(cell)}: gap against accuracy of ${cloud.points.length} sets`);
    const side = data.harms[cell], u = (values) => { const rates = values.slice(0, -1); return 100 * (Math.max(...rates) - Math.min(...rates)); };
    const clean = side && side.clean.length ? [100 * side.clean[side.clean.length - 1], u(side.clean)] : null, final = side && side.entrants[name] ? [100 * side.entrants[name][side.groups.length], u(side.entrants[name])] : null;
    const all = [...cloud.points.map(([a, b]) => [100 * a, 100 * b]), ...[clean, final].filter(Boolean)];
    const xs = all.map((p) => p[0]), pad = Math.max(0.2, (Math.max(...xs) - Math.min(...xs)) * 0.05);
    chart.y(0, Math.max(...all.map((p) => p[1])) * 1.05, "gap U (points)", { zero: false });
    chart.x(Math.min(...xs) - pad, Math.max(...xs) + pad, "accuracy (%)");
    cloud.points.forEach(([a, b]) => chart.add(svg("circle", { cx: chart.px(100 * a), cy: chart.py(100 * b), r: 3, style: `fill:${look(name).colour};opacity:.45` })));
    const labels = [];
    if (clean) { chart.add(marker(1, chart.px(clean[0]), chart.py(clean[1]), "var(--ink)", false, 7)); labels.push({ x: chart.px(clean[0]) + 12, y: chart.py(clean[1]) + 4, name: "clean, audit (mean rates)" }); }
    if (final) { chart.add(marker(3, chart.px(final[0]), chart.py(final[1]), "var(--ink)", true, 7)); labels.push({ x: chart.px(final[0]) + 12, y: chart.py(final[1]) + 4, name: "final sets, audit (mean rates)" }); }
    apart(labels).forEach((l) => { const turn = l.x > chart.width - 200; chart.add(svg("text", { x: turn ? l.x - 24 : l.x, y: l.y, "text-anchor": turn ? "end" : "start", style: "font-weight:600" }, l.name)); });
    place("chart-explored", chart, "explored");
  }
  function groups() {
    const cell = byId("harm-cell").value, byGroup = data.harms[cell], text = byId("harm-text");
    if (!byGroup) { place("chart-harm", null); text.textContent = ""; byId("harm-table").replaceChildren(); return; }
    text.textContent = `Harm rate (${byGroup.harm}) of each group on audit rows, in percent, mean over seeds: open, the clean victim; filled, after poisoning. A group whose mark moves right is harmed more.`;
    const names = ORDER.filter((name) => byGroup.entrants[name] && shown(name)), n = byGroup.groups.length;
    table(byId("harm-table"), [
      { title: "entrant", value: (r) => r[0], head: true, left: true, text_: true },
      ...byGroup.groups.map((group, g) => ({ title: `${group} (%)`, value: (r) => r[1][g], show: (r) => points(r[1][g]), down: false })),
      { title: "accuracy (%)", value: (r) => r[1][n], show: (r) => points(r[1][n]) },
    ], [["clean victim", byGroup.clean], ...names.map((name) => [name, byGroup.entrants[name]])]);
    if (!names.length) { place("chart-harm", null); return; }
    const step = 26, legend = 24, labels = Math.max(...names.map((name) => brief(name).length)) * 6.8 + 16;
    const chart = new Chart(wide(), 60 + names.length * step + legend, [12, 20, 44 + legend, labels], `Harm rates by group before and after, on ${cellName(cell)}`);
    const values = [byGroup.clean, ...names.map((name) => byGroup.entrants[name])].flatMap((row) => row.slice(0, n)).map((v) => 100 * v);
    const span = Math.max(1, Math.max(...values) - Math.min(...values)) * 0.06;
    chart.x(Math.max(0, Math.min(...values) - span), Math.max(...values) + span, `${byGroup.harm} (%)`);
    const colour = (g) => `var(--c${g % 6})`;
    names.forEach((name, i) => {
      const y = 22 + i * step;
      chart.add(svg("line", { x1: chart.inner.left, x2: chart.inner.right, y1: y, y2: y, class: "grid" }), svg("text", { x: chart.inner.left - 8, y: y + 4, "text-anchor": "end" }, brief(name)));
      byGroup.groups.forEach((_, g) => {
        const [from, to] = [100 * byGroup.clean[g], 100 * byGroup.entrants[name][g]].map(chart.px);
        chart.add(svg("line", { x1: from, x2: to, y1: y, y2: y, style: `stroke:${colour(g)};stroke-width:2` }), marker(g % 6, from, y, colour(g), false), marker(g % 6, to, y, colour(g)));
      });
    });
    byGroup.groups.forEach((group, g) => { const x = chart.inner.left - (wide() < 600 ? labels - 20 : 0) + g * Math.min(170, (chart.inner.right - 20) / n), y = chart.height - 14; chart.add(marker(g % 6, x, y - 4, colour(g)), svg("text", { x: x + 10, y }, group)); });
    place("chart-harm", chart, "harm-rates");
  }

  // ---- tables of the rest -----------------------------------------------------------------------------------------------
  function metrics(subset) {
    const names = data.columns.filter((name) => name.startsWith("change_"));
    const rows = subset ? Object.entries(subset.rows).filter(([name]) => shown(name)) : [];
    table(byId("metric-table"), [
      { title: "entrant", value: (row) => row[0], head: true, left: true, text_: true },
      { ...about("gap_closed"), value: (row) => (row[1][at.gap_closed] === null ? null : -row[1][at.gap_closed]), show: (row) => points(row[1][at.gap_closed] === null ? null : -row[1][at.gap_closed], true), down: false },
      ...names.map((name) => ({ ...about(name), value: (row) => row[1][at[name]], show: (row) => points(row[1][at[name]], true), down: false })),
    ], rows);
    const text = (key) => (row) => (data.entrants[row[0]] || {})[key] || "–";
    const share_ = (key, digits = 2) => ({ ...about(key), value: (row) => row[1][at[key]], show: (row) => number(row[1][at[key]], digits) });
    table(byId("threat-table"), [
      { title: "entrant", value: (row) => row[0], head: true, left: true, text_: true },
      ...["knowledge", "labels", "rows", "objective"].map((key) => ({ title: key, value: text(key), left: true, text_: true })),
      ...["duplicate_share", "isolation_forest_auroc", "lof_auroc", "label_disagreement", "cell_shift"].map((key) => share_(key)),
    ], rows);
  }
  function matrix(parent, cells, rowOf, columnOf, heading) {
    parent.replaceChildren();
    const c = chosen(), places = new Map();
    cells.filter((cell) => shown(cell.entrant) && (!c.dataset || c.dataset === cell.dataset) && (!c.budget || c.budget === cell.budget_label))
      .forEach((cell) => { const name = heading(cell); if (!places.has(name)) places.set(name, []); places.get(name).push(cell); });
    [...places].forEach(([name, own], i) => {
      const columns = [...new Set(own.map(columnOf))], rows = [...new Set(own.map(rowOf))], id = `${parent.id}-${i + 1}`;
      const node = el("table", { id }, el("caption", {}, name)), find = (r, k) => own.find((cell) => rowOf(cell) === r && columnOf(cell) === k);
      parent.append(el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, node), el("p", { class: "downloads" }, download(id, node)));
      table(node, [{ title: "entrant", value: (r) => r, head: true, left: true, text_: true }, ...columns.map((k) => ({ title: k, value: (r) => (find(r, k) ? find(r, k).gc : null), show: (r) => { const cell = find(r, k); return cell ? number(cell.gc, 2, true) + interval(cell.gc_low, cell.gc_high) : "–"; } }))], rows);
    });
    if (!places.size) parent.append(el("p", {}, "Nothing for this choice."));
  }
  function others() {
    if (byId("transfer-tables")) matrix(byId("transfer-tables"), data.transfer, (cell) => `${cell.entrant}, crafted on ${cell.crafted_on}`, (cell) => String(cell.evaluated_on), (cell) => `${cell.dataset} (${cell.attribute}) at ${cell.budget_label}`);
    if (byId("defence-tables")) matrix(byId("defence-tables"), data.defences.cells.filter((cell) => !chosen().victim || chosen().victim === cell.victim), (cell) => cell.entrant, (cell) => cell.defence || "undefended", (cell) => `${cell.dataset} (${cell.attribute}), ${cell.victim}, at ${cell.budget_label}`);
  }

  // ---- start ------------------------------------------------------------------------------------------------------------
  function draw() {
    const subset = board();
    budgets(); trade(subset); ranks(subset); metrics(subset); single(); others();
  }
  options(form.elements.dataset, part(0).sort(), (v) => v, "all");
  options(form.elements.victim, part(1).sort(), (v) => v, "all");
  options(form.elements.budget, part(2).sort(budgetOrder), (v) => v, "all");
  form.addEventListener("submit", (event) => event.preventDefault());
  const on = (node, act) => ["input", "change"].forEach((kind) => node.addEventListener(kind, act));
  on(form, draw);
  form.addEventListener("reset", () => setTimeout(draw));
  on(byId("search-cell"), searches);
  on(byId("search-entrant"), explored);
  on(byId("harm-cell"), groups);
  let width = wide(), pending = 0;
  addEventListener("resize", () => { clearTimeout(pending); pending = setTimeout(() => { if (wide() !== width) { width = wide(); draw(); } }, 150); });
  draw();
})();
