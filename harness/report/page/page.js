/* What moves on the page: the claims (sort, filter, open) and the charts (zoom, hover, toggles, keyboard, tables).
   Text is only ever set as text; nothing is fetched, stored or sent. */
"use strict";

(function () {
  const { backdrop, charts } = JSON.parse(document.getElementById("data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  document.documentElement.classList.add("scripted");

  function element(name, words, className) {
    const made = document.createElement(name);
    if (words !== undefined) made.textContent = words;
    if (className) made.className = className;
    return made;
  }

  /* ---- claims ---- */

  function prepareClaims() {
    const table = document.getElementById("claims");
    if (!table) return;
    const claims = [...table.querySelectorAll("tbody.claim")];
    const filter = document.getElementById("filter");
    const count = document.getElementById("count");

    for (const button of table.querySelectorAll(".opens")) {
      button.addEventListener("click", () => {
        const row = document.getElementById(button.getAttribute("aria-controls"));
        button.setAttribute("aria-expanded", String(row.classList.toggle("opened")));
      });
    }

    function show() {
      const wanted = filter.value.trim().toLowerCase();
      let shown = 0;
      for (const claim of claims) {
        claim.hidden = !claim.textContent.toLowerCase().includes(wanted);
        if (!claim.hidden) shown += 1;
      }
      count.textContent = shown + " of " + claims.length;
    }
    filter.addEventListener("input", show);
    show();

    const heads = [...table.querySelectorAll(".sort")];
    heads.forEach((head, column) => head.addEventListener("click", () => {
      const way = head.dataset.way === "up" ? "down" : "up";
      for (const other of heads) {
        delete other.dataset.way;
        other.parentElement.removeAttribute("aria-sort");
      }
      head.dataset.way = way;
      head.parentElement.setAttribute("aria-sort", way === "up" ? "ascending" : "descending");
      const word = (claim) => claim.rows[0].cells[column].textContent;
      const compare = new Intl.Collator("en", { numeric: true }).compare;
      claims.sort((one, other) => (way === "up" ? 1 : -1) * compare(word(one), word(other)));
      table.append(...claims);
    }));
  }

  /* ---- charts ---- */

  function floats(text, Kind) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return Array.from(new Kind(bytes.buffer), (value) => (Number.isNaN(value) ? null : value));
  }

  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (series) => (dark.matches ? series.dark : series.colour);
  const shown = { configs: {}, seed: false, rss: true, live: true, tree: true, full: true, cleanups: true, limit: false, warmup: true };
  const plots = [];
  const FAINTER = { seed: 0.45, live: 0.75 };
  const WIDTHS = { seed: 1, live: 1 };

  /* Draw the layers of a stack from the top: each covers what lies under it. */
  function stacked(rows) {
    const sums = [];
    rows.forEach((row, place) => {
      sums.push(row.map((value, at) => {
        if (value === null) return null;
        return Math.max(value, 0) + (place ? sums[place - 1][at] || 0 : 0);
      }));
    });
    return sums;
  }

  function isShown(series) {
    return (shown.configs[series.config] !== false || series.role === "load") && shown[series.role] !== false;
  }

  function drawBackdrop(plot, chart) {
    const { ctx, bbox } = plot;
    const at = (hour) => plot.valToPos(hour, "x", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (shown.warmup && backdrop.warmup_h > 0) {
      ctx.fillStyle = dark.matches ? "rgba(255,255,255,.08)" : "rgba(0,0,0,.07)";
      ctx.fillRect(at(0), bbox.top, at(backdrop.warmup_h) - at(0), bbox.height);
    }
    ctx.strokeStyle = ink("--faint");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(at(backdrop.horizon_h), bbox.top);
    ctx.lineTo(at(backdrop.horizon_h), bbox.top + bbox.height);
    if (chart.kind === "memory" && shown.limit) {
      const height = plot.valToPos(backdrop.limit_gb, "y", true);
      ctx.moveTo(bbox.left, height);
      ctx.lineTo(bbox.left + bbox.width, height);
    }
    ctx.stroke();
    ctx.restore();
  }

  function drawCleanups(plot, chart) {
    if (chart.kind !== "memory" || !shown.cleanups) return;
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    chart.configs.forEach((config, place) => {
      if (shown.configs[config] === false) return;
      const one = chart.series.find((series) => series.config === config);
      const bottom = bbox.top + bbox.height - 7 * place * devicePixelRatio;
      ctx.strokeStyle = colour(one);
      ctx.beginPath();
      for (const hour of backdrop.cleanups[config] || []) {
        const x = plot.valToPos(hour, "x", true);
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.moveTo(x, bottom);
        ctx.lineTo(x, bottom - 6 * devicePixelRatio);
      }
      ctx.stroke();
    });
    ctx.restore();
  }

  let following = false;
  function zoomAll(low, high) {
    if (following) return;
    following = true;
    for (const each of plots) each.plot.setScale("x", { min: low, max: high });
    following = false;
  }

  function figure(value) {
    return value === null || value === undefined ? "-" : value.toLocaleString("en", { maximumFractionDigits: 2, minimumFractionDigits: 2 });
  }

  function readOut(chart, index) {
    chart.readout.replaceChildren();
    if (index === null || index === undefined) return;
    chart.readout.append(element("span", figure(chart.hours[index]) + " h"));
    chart.series.forEach((series, place) => {
      const value = chart.rows[place][index];
      if (!isShown(series) || value === null || (series.role === "layer" && Math.abs(value) < 0.005)) return;
      const of = series.role === "layer" || !series.config ? "" : series.config + ", ";
      const entry = element("span");
      entry.append(swatch(series), element("span", of + series.label + " " + figure(value)));
      chart.readout.append(entry);
    });
    chart.readout.append(element("span", chart.unit));
  }

  /* A line or a box in the look of a series, as a picture: its style is no style of the page. */
  function swatch(series) {
    const canvas = element("canvas", undefined, "swatch");
    canvas.width = 44;
    canvas.height = 20;
    canvas.setAttribute("width", "44");
    canvas.style.width = "22px";
    canvas.style.height = "10px";
    const pen = canvas.getContext("2d");
    pen.fillStyle = pen.strokeStyle = colour(series);
    if (series.role === "layer") pen.fillRect(0, 0, 44, 20);
    else {
      pen.lineWidth = 2 * (WIDTHS[series.role] || series.width);
      pen.setLineDash(WIDTHS[series.role] ? [] : series.dash.map((part) => 2 * part));
      pen.beginPath();
      pen.moveTo(0, 10);
      pen.lineTo(44, 10);
      pen.stroke();
    }
    return canvas;
  }

  function options(chart, order) {
    const layered = chart.series[0].role === "layer";
    const lines = order.map((place) => {
      const series = chart.series[place];
      return {
        label: String(place),
        show: isShown(series),
        stroke: () => colour(series),
        fill: layered ? () => colour(series) : undefined,
        width: layered ? 0 : WIDTHS[series.role] || series.width,
        alpha: FAINTER[series.role] || 1,
        dash: WIDTHS[series.role] ? [] : series.dash,
        points: { show: false },
        spanGaps: !layered && series.role !== "load",
      };
    });
    const axis = { stroke: () => ink("--faint"), grid: { stroke: () => ink("--line"), width: 1 }, ticks: { stroke: () => ink("--line"), width: 1 } };
    return {
      width: Math.max(chart.box.clientWidth, 280),
      height: { memory: 380, load: 140 }[chart.kind] || 240,
      legend: { show: false },
      cursor: { sync: { key: "hours", scales: ["x", null] }, drag: { x: true, y: false }, y: false },
      scales: {
        x: { time: false, range: (plot, low, high) => [Math.max(low, 0), Math.min(high, backdrop.end_h)] },
        y: { range: (plot, low, high) => [0, Math.max(chart.kind === "memory" && shown.limit ? backdrop.limit_gb : 0, high || 1) * 1.06] },
      },
      axes: [{ ...axis, label: "virtual hours", size: 34, labelSize: 20, labelFont: "13px system-ui" }, { ...axis, size: 58 }],
      series: [{}, ...lines],
      hooks: {
        drawClear: [(plot) => drawBackdrop(plot, chart)],
        draw: [(plot) => drawCleanups(plot, chart)],
        setCursor: [(plot) => readOut(chart, plot.cursor.idx)],
        setScale: [(plot, key) => { if (key === "x") zoomAll(plot.scales.x.min, plot.scales.x.max); }],
      },
    };
  }

  function steer(event, chart) {
    const plot = chart.plot;
    const { min, max } = plot.scales.x;
    const middle = plot.cursor.idx === null || plot.cursor.idx === undefined ? (min + max) / 2 : chart.hours[plot.cursor.idx];
    const step = (max - min) / 100;
    const moves = { ArrowLeft: -step, ArrowRight: step, PageUp: -10 * step, PageDown: 10 * step };
    if (event.key in moves) {
      const hour = Math.min(Math.max(middle + moves[event.key], min), max);
      plot.setCursor({ left: plot.valToPos(hour, "x"), top: 10 });
    } else if (event.key === "+" || event.key === "-") {
      const half = ((max - min) / 2) * (event.key === "+" ? 0.5 : 2);
      zoomAll(Math.max(middle - half, 0), Math.min(middle + half, backdrop.end_h));
    } else if (event.key === "0") zoomAll(0, backdrop.end_h);
    else return;
    event.preventDefault();
  }

  /* The figures of a chart at 25 instants: what the picture says, for who cannot see it. */
  function figures(chart) {
    const details = element("details");
    details.append(element("summary", "Its figures as a table"));
    details.addEventListener("toggle", () => {
      if (details.children.length > 1) return;
      const table = element("table");
      table.append(element("caption", chart.title + ", " + chart.unit + ", at virtual hours; the highest value of each last"));
      const head = table.createTHead().insertRow();
      head.append(element("th", "hours"));
      for (const series of chart.series) {
        head.append(element("th", (chart.kind === "memory" ? series.config + ", " : "") + series.label));
      }
      const body = table.createTBody();
      const line = (name, of) => {
        const row = body.insertRow();
        row.append(element("th", name));
        chart.rows.forEach((values) => { row.insertCell().textContent = figure(of(values)); });
      };
      for (let part = 0; part <= 24; part += 1) {
        const index = Math.round((part / 24) * (chart.hours.length - 1));
        line(figure(chart.hours[index]), (values) => values[index]);
      }
      line("highest", (values) => values.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null));
      const wide = element("div", undefined, "wide");
      wide.append(table);
      details.append(wide);
    });
    return details;
  }

  function draw(chart) {
    const layered = chart.series[0].role === "layer";
    const drawn = layered ? stacked(chart.rows) : chart.rows;
    const order = chart.series.map((_, place) => place);
    if (layered) order.reverse();
    chart.plot = new uPlot(options(chart, order), [chart.hours, ...order.map((place) => drawn[place])], chart.box);
    chart.order = order;
    plots.push(chart);
  }

  function prepare(chart, parent) {
    chart.hours = floats(chart.hours, Float64Array);
    chart.rows = chart.series.map((series) => floats(series.values, Float32Array));
    chart.configs = [...new Set(chart.series.map((series) => series.config))];
    const section = element("div", undefined, "chart");
    section.dataset.kind = chart.kind;
    section.dataset.highest = String(Math.max(...chart.rows.map((row) => row.reduce((most, value) => Math.max(most, value ?? 0), 0))));
    section.append(element("h3", chart.title + ", " + chart.unit));
    if (chart.enveloped) section.append(element("p", "Drawn by the lowest and highest value of each span.", "note"));
    chart.box = element("div");
    chart.box.tabIndex = 0;
    chart.box.setAttribute("role", "group");
    chart.box.setAttribute("aria-label", chart.title + ": arrow keys move the cursor, plus and minus zoom, 0 shows everything");
    chart.box.addEventListener("keydown", (event) => steer(event, chart));
    chart.readout = element("div", undefined, "readout");
    section.append(chart.box, chart.readout);
    if (chart.series[0].role === "layer") {
      const key = element("div", undefined, "readout");
      for (const series of [...chart.series].reverse()) {
        const place = chart.series.indexOf(series);
        if (!chart.rows[place].some((value) => value !== null && value >= 0.005)) continue;
        const entry = element("span");
        entry.append(swatch(series), element("span", series.label));
        key.append(entry);
      }
      section.append(key);
    }
    section.append(figures(chart));
    parent.append(section);
    chart.section = section;
    draw(chart);
  }

  function refresh() {
    for (const chart of plots) {
      if (["lines", "owners"].includes(chart.kind)) chart.section.hidden = shown.configs[chart.series[0].config] === false;
      chart.plot.batch(() => chart.order.forEach((place, at) => {
        const wanted = isShown(chart.series[place]);
        if (chart.plot.series[at + 1].show !== wanted) chart.plot.setSeries(at + 1, { show: wanted });
      }));
      chart.plot.setScale("x", { min: chart.plot.scales.x.min, max: chart.plot.scales.x.max });
      chart.plot.redraw(true, true);
    }
  }

  function prepareToggles() {
    const parent = document.getElementById("toggles");
    const memory = charts.find((chart) => chart.kind === "memory");
    const has = (role) => Boolean(memory) && memory.series.some((series) => series.role === role);
    const box = (words, checked, change, series) => {
      const label = element("label");
      const input = element("input");
      input.type = "checkbox";
      input.checked = checked;
      input.addEventListener("change", () => { change(input.checked); refresh(); });
      label.append(input);
      if (series) label.append(swatch(series));
      label.append(element("span", " " + words));
      parent.append(label);
    };
    for (const config of memory ? memory.configs : []) {
      const look = memory.series.find((series) => series.config === config && series.role === "rss");
      shown.configs[config] = true;
      box(config, true, (on) => { shown.configs[config] = on; }, look);
    }
    const roles = { seed: "each seed", live: "live bytes", tree: "with children", full: "full scale" };
    for (const [role, words] of Object.entries(roles)) {
      if (has(role)) box(words, shown[role], (on) => { shown[role] = on; });
    }
    if (Object.values(backdrop.cleanups).some((hours) => hours.length)) box("cleanups (ticks at the foot)", true, (on) => { shown.cleanups = on; });
    const highest = memory ? Math.max(...memory.rows.map((row) => row.reduce((most, value) => Math.max(most, value ?? 0), 0))) : 0;
    shown.limit = backdrop.limit_gb <= 2 * highest;
    box("limit " + backdrop.limit_gb.toLocaleString("en") + " GB", shown.limit, (on) => { shown.limit = on; });
    if (backdrop.warmup_h > 0) box("warm-up", true, (on) => { shown.warmup = on; });
  }

  prepareClaims();
  const parent = document.getElementById("charts");
  if (parent) {
    for (const chart of charts) prepare(chart, parent);
    prepareToggles();
    refresh();
    let waiting = 0;
    window.addEventListener("resize", () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => {
        for (const chart of plots) chart.plot.setSize({ width: Math.max(chart.box.clientWidth, 280), height: chart.plot.height });
      });
    });
    dark.addEventListener("change", refresh);
  }
  document.documentElement.dataset.ready = "yes";
})();
