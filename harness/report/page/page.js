/* What moves on the page: tables (sort, filter, open) and charts (zoom, hover, toggles, keyboard, figures).
   Text is only ever set as text; nothing is fetched, stored or sent. */
"use strict";

(function () {
  const { groups } = JSON.parse(document.getElementById("data").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const printed = window.matchMedia("print");
  document.documentElement.classList.add("scripted");

  function element(name, words, className) {
    const made = document.createElement(name);
    if (words !== undefined) made.textContent = words;
    if (className) made.className = className;
    return made;
  }

  /* ---- tables ---- */

  for (const button of document.querySelectorAll(".opens")) {
    button.addEventListener("click", () => {
      const row = document.getElementById(button.getAttribute("aria-controls"));
      button.setAttribute("aria-expanded", String(row.classList.toggle("opened")));
    });
  }

  /* A table whose rows are bodies of their own can be sorted by its heads, and filtered by the field above it. */
  function prepareTable(table) {
    const units = [...table.querySelectorAll("tbody.unit")];
    const tools = table.closest("section").querySelector(".tools");
    const filter = tools.querySelector(".filter");
    const count = tools.querySelector(".count");

    function show() {
      const wanted = filter.value.trim().toLowerCase();
      let shown = 0;
      for (const unit of units) {
        unit.hidden = !unit.textContent.toLowerCase().includes(wanted);
        if (!unit.hidden) shown += 1;
      }
      count.textContent = shown + " of " + units.length;
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
      const compare = new Intl.Collator("en", { numeric: true }).compare;
      const word = (unit) => unit.rows[0].cells[column].textContent;
      const number = (unit) => parseFloat(word(unit).replace(/^(at (least|most) )/, "").replace(/,/g, ""));
      const inOrder = (one, other) => {
        const apart = number(one) - number(other);
        return Number.isNaN(apart) || apart === 0 ? compare(word(one), word(other)) : apart;
      };
      units.sort((one, other) => (way === "up" ? 1 : -1) * inOrder(one, other));
      table.append(...units);
    }));
  }

  /* A table wider than the page is scrolled by keys too, and says so. */
  function tellWide() {
    for (const wide of document.querySelectorAll(".wide")) {
      const words = wide.querySelector("caption")?.textContent;
      if (wide.scrollWidth <= wide.clientWidth + 1) wide.removeAttribute("tabindex");
      else if (!wide.hasAttribute("tabindex")) {
        wide.tabIndex = 0;
        wide.setAttribute("role", "region");
        wide.setAttribute("aria-label", words + ": wider than the page, arrow keys move it");
      }
    }
  }

  /* What is folded on a screen and belongs on paper is open while it is printed. */
  function unfoldForPaper() {
    const folded = [...document.querySelectorAll("details.printed:not([open])")];
    for (const details of folded) details.open = true;
    window.addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }), { once: true });
  }

  /* ---- charts ---- */

  function floats(text, Kind) {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
    const values = new Kind(bytes.buffer);
    const known = new Array(values.length);
    for (let at = 0; at < values.length; at += 1) known[at] = values[at] === values[at] ? values[at] : null; // NaN is none
    return known;
  }

  const onDark = () => dark.matches && !printed.matches;
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (series) => (onDark() ? series.dark : series.colour);
  const highestOf = (rows) => Math.max(0, ...rows.map((row) => row.reduce((most, value) => Math.max(most, value ?? 0), 0)));

  /* What fills a layer: its colour, hatched as in the pictures where it is not in use. */
  function filling(series) {
    if (!series.hatch) return colour(series);
    const tile = element("canvas");
    const side = tile.width = tile.height = 8 * devicePixelRatio;
    const pen = tile.getContext("2d");
    pen.fillStyle = colour(series);
    pen.fillRect(0, 0, side, side);
    pen.strokeStyle = onDark() ? "rgba(255,255,255,.4)" : "rgba(0,0,0,.3)";
    pen.lineWidth = devicePixelRatio;
    pen.beginPath();
    for (const shift of [-side, 0, side]) {
      if (series.hatch !== "\\\\") { pen.moveTo(shift, side); pen.lineTo(shift + side, 0); }
      if (series.hatch !== "//") { pen.moveTo(shift, 0); pen.lineTo(shift + side, side); }
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  /* A line or a box in the look of a series, as a picture: its style is no style of the page. Those of a key are kept,
     to be painted again on other paper. */
  const kept = [];
  function swatch(series, keep = false) {
    const canvas = element("canvas", undefined, "swatch");
    canvas.style.width = "22px";
    canvas.style.height = "10px";
    paint(canvas, series);
    if (keep) kept.push(() => paint(canvas, series));
    return canvas;
  }

  function paint(canvas, series) {
    canvas.width = 44;
    canvas.height = 20;
    const pen = canvas.getContext("2d");
    pen.fillStyle = pen.strokeStyle = series.role === "layer" ? filling(series) : colour(series);
    if (series.role === "layer") pen.fillRect(0, 0, 44, 20);
    else if (series.floors) {
      pen.lineWidth = 3;
      pen.beginPath();
      pen.moveTo(0, 14);
      pen.lineTo(44, 6);
      pen.stroke();
      if (series.measure !== "live") pen.fillStyle = ink("--paper");
      mark(pen, series.measure, 22, 10, 2);
    } else {
      pen.lineWidth = 2 * series.width;
      pen.setLineDash(series.dash.map((part) => 2 * part));
      pen.beginPath();
      pen.moveTo(0, 10);
      pen.lineTo(44, 10);
      pen.stroke();
    }
  }

  /* A floor: of live bytes a dot, of RSS with children a square, else a ring. */
  function mark(pen, measure, x, y, ratio) {
    pen.beginPath();
    if (measure === "tree") pen.rect(x - 2.5 * ratio, y - 2.5 * ratio, 5 * ratio, 5 * ratio);
    else pen.arc(x, y, (measure === "live" ? 1 : 2.8) * ratio, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }

  /* Of a stack each layer covers what lies under it: drawn from the top. */
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

  /* The charts of one group share their hours, the cursor and what is shown. */
  function prepareGroup(number, parent) {
    const { backdrop, charts, toggles } = groups[number];
    const shown = { configs: {}, seed: false, rss: true, small: true, live: true, tree: true, full: true, floors: true, cleanups: true, limit: false, warmup: true };
    const plots = [];

    const isShown = (series) => (shown.configs[series.config] !== false || series.role === "load") && shown[series.role] !== false;

    function drawBackdrop(plot, chart) {
      const { ctx, bbox } = plot;
      const at = (hour) => plot.valToPos(hour, "x", true);
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      if (shown.warmup && backdrop.warmup_h > 0) {
        ctx.fillStyle = onDark() ? "rgba(255,255,255,.08)" : "rgba(0,0,0,.07)";
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

    function drawFloors(plot, chart) {
      if (!shown.floors) return;
      const { ctx, bbox } = plot;
      const across = (hour) => plot.valToPos(hour, "x", true);
      const up = (value) => plot.valToPos(value, "y", true);
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      ctx.setLineDash([]); // the last line drawn may have left its own
      for (const one of chart.marks) {
        if (shown.configs[one.config] === false || shown[one.measure] === false) continue;
        for (const [hours, values] of one.lines) {
          for (const [width, stroke] of [[4, ink("--paper")], [1.6, colour(one)]]) {
            ctx.lineWidth = width * devicePixelRatio;
            ctx.strokeStyle = stroke;
            ctx.beginPath();
            ctx.moveTo(across(hours[0]), up(values[0]));
            ctx.lineTo(across(hours[1]), up(values[1]));
            ctx.stroke();
          }
        }
        ctx.lineWidth = 1.2 * devicePixelRatio;
        ctx.strokeStyle = colour(one);
        ctx.fillStyle = one.measure === "live" ? colour(one) : ink("--paper");
        for (const [hours, values] of one.floors) {
          hours.forEach((hour, at) => mark(ctx, one.measure, across(hour), up(values[at]), devicePixelRatio));
        }
      }
      ctx.restore();
    }

    let following = false;
    function zoomAll(low, high) {
      if (following) return;
      following = true;
      for (const each of plots) each.plot.setScale("x", { min: low, max: high });
      following = false;
    }

    function readOut(chart, index) {
      chart.readout.replaceChildren();
      if (index === null || index === undefined) return;
      chart.readout.append(element("span", hour(chart.hours[index]) + " h"));
      chart.series.forEach((series, place) => {
        const value = chart.rows[place][index];
        if (!isShown(series) || value === null || (series.role === "layer" && Math.abs(value) < 0.002 * chart.highest)) return;
        const of = series.role === "layer" || !series.config ? "" : series.config + ", ";
        const entry = element("span");
        entry.append(swatch(series), element("span", of + series.label + " " + chart.figure(value)));
        chart.readout.append(entry);
      });
      chart.readout.append(element("span", chart.unit));
    }

    function options(chart, order) {
      const layered = chart.series[0].role === "layer";
      const lines = order.map((place) => {
        const series = chart.series[place];
        return {
          label: String(place),
          show: isShown(series),
          stroke: () => colour(series),
          fill: layered ? () => filling(series) : undefined,
          width: series.width,
          alpha: series.alpha,
          dash: series.dash,
          points: { show: false },
          spanGaps: !layered && series.role !== "load",
        };
      });
      const axis = { stroke: () => ink("--faint"), grid: { stroke: () => ink("--line"), width: 1 }, ticks: { stroke: () => ink("--line"), width: 1 } };
      return {
        width,
        height: toggles ? { memory: 380, load: 140 }[chart.kind] || 240 : 220,
        legend: { show: false },
        cursor: { sync: { key: "hours " + number, scales: ["x", null] }, drag: { x: true, y: false }, y: false },
        scales: {
          x: { time: false, range: (plot, low, high) => [Math.max(low, 0), Math.min(high, backdrop.end_h)] },
          y: { range: (plot, low, high) => [0, Math.max(chart.kind === "memory" && shown.limit ? backdrop.limit_gb : 0, high || 1) * 1.06] },
        },
        axes: [{ ...axis, values: (plot, hours) => hours.map((at) => String(+at.toFixed(6))), label: "virtual hours", size: 34, labelSize: 20, labelFont: "13px system-ui" }, { ...axis, size: 58 }],
        series: [{}, ...lines],
        hooks: {
          drawClear: [(plot) => drawBackdrop(plot, chart)],
          draw: [(plot) => { drawCleanups(plot, chart); drawFloors(plot, chart); }],
          setCursor: [(plot) => readOut(chart, plot.cursor.idx)],
          setScale: [(plot, key) => {
            if (key !== "x") return;
            chart.section.dataset.from = hour(plot.scales.x.min);
            chart.section.dataset.to = hour(plot.scales.x.max);
            zoomAll(plot.scales.x.min, plot.scales.x.max);
          }],
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
        const to = Math.min(Math.max(middle + moves[event.key], min), max);
        plot.setCursor({ left: plot.valToPos(to, "x"), top: 10 });
      } else if (event.key === "+" || event.key === "-") {
        const half = ((max - min) / 2) * (event.key === "+" ? 0.5 : 2);
        zoomAll(Math.max(middle - half, 0), Math.min(middle + half, backdrop.end_h));
      } else if (event.key === "0") zoomAll(0, backdrop.end_h);
      else return;
      event.preventDefault();
    }

    function draw(chart) {
      const layered = chart.series[0].role === "layer";
      const rows = layered ? stacked(chart.rows) : chart.rows;
      chart.order = chart.series.map((_, place) => place);
      if (layered) chart.order.reverse();
      chart.plot = new uPlot(options(chart, chart.order), [chart.hours, ...chart.order.map((place) => rows[place])], chart.box);
      plots.push(chart);
    }

    function key(chart, entries) {
      const list = element("div", undefined, "readout");
      for (const one of entries) {
        const entry = element("span");
        entry.dataset.config = one.config;
        entry.append(swatch(one, true), element("span", one.label || one.words));
        list.append(entry);
      }
      if (entries.length) chart.section.append(list);
      return list;
    }

    function decode(chart) {
      chart.hours = floats(chart.hours, Float64Array);
      chart.rows = chart.series.map((series) => floats(series.values, Float32Array));
      chart.configs = [...new Set(chart.series.map((series) => series.config))];
      chart.highest = highestOf(chart.rows);
      chart.figure = figureOf(chart.highest);
    }

    function mount(chart) {
      const section = chart.section = element("div", undefined, "chart");
      section.dataset.kind = chart.kind;
      section.dataset.highest = String(chart.highest);
      section.append(element("h3", chart.title + (chart.unit ? ", " + chart.unit : "")));
      if (chart.enveloped) section.append(element("p", "Drawn by the lowest and highest value of each span.", "note"));
      chart.box = element("div");
      chart.box.tabIndex = 0;
      chart.box.setAttribute("role", "group");
      chart.box.setAttribute("aria-label", chart.title + ": arrow keys move the cursor, plus and minus zoom, 0 shows everything");
      chart.box.addEventListener("keydown", (event) => steer(event, chart));
      chart.readout = element("div", undefined, "readout");
      section.append(chart.box, chart.readout);
      if (chart.series[0].role === "layer") {
        key(chart, [...chart.series].reverse().filter((series) => chart.rows[chart.series.indexOf(series)].some((value) => value !== null && value >= 0.002 * chart.highest)));
      }
      if (!toggles) key(chart, chart.series.map((series) => ({ ...series, label: series.config + ", " + series.label })));
      chart.floors = key(chart, chart.marks);
      chart.floors.classList.add("floors");
      section.append(figures(chart));
      charted.append(section);
      draw(chart);
      tell(chart);
    }

    function tell(chart) {
      chart.section.dataset.shown = String(chart.series.filter(isShown).length);
    }

    function refresh() {
      for (const chart of plots) {
        if (chart.series[0].role === "layer") chart.section.hidden = shown.configs[chart.series[0].config] === false;
        tell(chart);
        chart.plot.batch(() => chart.order.forEach((place, at) => {
          const wanted = isShown(chart.series[place]);
          if (chart.plot.series[at + 1].show !== wanted) chart.plot.setSeries(at + 1, { show: wanted });
        }));
        chart.floors.hidden = !shown.floors;
        for (const entry of chart.floors.children) entry.hidden = shown.configs[entry.dataset.config] === false;
        chart.plot.setScale("x", { min: chart.plot.scales.x.min, max: chart.plot.scales.x.max });
        chart.plot.redraw(true, true);
      }
    }

    function prepareToggles(fieldset) {
      const memory = charts.filter((chart) => chart.kind === "memory");
      const lines = memory.flatMap((chart) => chart.series);
      const of = (role) => lines.find((series) => series.role === role);
      const box = (words, checked, change, series) => {
        const label = element("label");
        const input = element("input");
        input.type = "checkbox";
        input.checked = checked;
        input.addEventListener("change", () => { change(input.checked); refresh(); });
        label.append(input);
        if (series) label.append(swatch(series, true));
        label.append(element("span", " " + words));
        fieldset.append(label);
      };
      for (const config of new Set(lines.map((series) => series.config))) {
        const own = lines.filter((series) => series.config === config);
        const look = own.find((series) => series.role === "full") || own.find((series) => series.role === "rss") || own[0];
        shown.configs[config] = true;
        box(config, true, (on) => { shown.configs[config] = on; }, look);
      }
      const roles = { seed: "each seed", live: "live bytes", tree: "with children", full: "RSS at full scale" };
      if (of("small")) roles.small = of("small").label;
      const grey = { colour: "#666666", dark: "#b5b5b5" }; // of no config: how thick it is, and its dashes
      for (const [role, words] of Object.entries(roles)) {
        if (of(role)) box(words, shown[role], (on) => { shown[role] = on; }, { ...of(role), ...grey });
      }
      const marked = charts.flatMap((chart) => chart.marks)[0];
      if (marked) box("floors and slopes", true, (on) => { shown.floors = on; }, { ...marked, ...grey });
      if (Object.values(backdrop.cleanups).some((hours) => hours.length)) box("cleanups (ticks at the foot)", true, (on) => { shown.cleanups = on; });
      shown.limit = backdrop.limit_gb <= 2 * Math.max(0, ...memory.map((chart) => chart.highest));
      box("limit " + backdrop.limit_gb.toLocaleString("en") + " GB", shown.limit, (on) => { shown.limit = on; });
      if (backdrop.warmup_h > 0) box("warm-up", true, (on) => { shown.warmup = on; });
    }

    const fieldset = element("fieldset", undefined, "toggles");
    const charted = element("div");
    fieldset.append(element("legend", "Show"));
    parent.append(...(toggles ? [fieldset] : []), charted);
    const widthNow = () => Math.max(charted.clientWidth, 280);
    let width = widthNow(); // asked once: each time costs a layout
    for (const chart of charts) decode(chart);
    if (toggles) prepareToggles(fieldset);
    for (const chart of charts) mount(chart);
    return {
      refresh,
      fit() {
        width = widthNow();
        for (const chart of plots) chart.plot.setSize({ width, height: chart.plot.height });
      },
    };
  }

  const written = (value, digits) => (value === null || value === undefined ? "-" : value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits }));
  const hour = (value) => written(value, 2);

  /* Figures in the digits that a chart of this height needs. */
  function figureOf(highest) {
    const digits = highest < 0.1 ? 4 : highest < 1 ? 3 : 2;
    return (value) => written(value, digits);
  }

  /* The figures of a chart at 25 instants, and its floors: what the picture says, for who cannot see it. */
  function figures(chart) {
    const details = element("details");
    details.append(element("summary", "Its figures as a table"));
    const add = (table) => {
      const wide = element("div", undefined, "wide");
      wide.append(table);
      details.append(wide);
    };
    details.addEventListener("toggle", () => {
      if (details.children.length > 1) return;
      const table = element("table");
      const captioned = (of, words) => of.createCaption().append(element("span", words));
      captioned(table, chart.title + (chart.unit && ", " + chart.unit) + ", at virtual hours; the highest value of each last");
      const head = table.createTHead().insertRow();
      head.append(element("th", "hours"));
      for (const series of chart.series) {
        head.append(element("th", (series.role === "layer" || !series.config ? "" : series.config + ", ") + series.label));
      }
      const body = table.createTBody();
      const line = (name, of) => {
        const row = body.insertRow();
        row.append(element("th", name));
        chart.rows.forEach((values) => { row.insertCell().textContent = chart.figure(of(values)); });
      };
      for (let part = 0; part <= 24; part += 1) {
        const index = Math.round((part / 24) * (chart.hours.length - 1));
        line(hour(chart.hours[index]), (values) => values[index]);
      }
      line("highest", (values) => values.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null));
      add(table);
      if (!chart.marks.length) return;
      const floors = element("table");
      captioned(floors, "The floors that were judged, at virtual hours, a line a seed");
      const rows = floors.createTBody();
      for (const one of chart.marks) {
        for (const [hours, values] of one.floors) {
          const row = rows.insertRow();
          row.append(element("th", one.words.split(":")[0]));
          row.insertCell().textContent = hours.map((at, place) => hour(at) + " h " + chart.figure(values[place])).join("; ");
        }
      }
      add(floors);
    });
    return details;
  }

  for (const table of document.querySelectorAll("table.sortable")) prepareTable(table);
  const prepared = [...document.querySelectorAll(".curves")].map((parent) => prepareGroup(Number(parent.dataset.group), parent));
  const all = (what) => { for (const group of prepared) group[what](); };
  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => { all("fit"); tellWide(); });
  });
  const repaint = () => { for (const again of kept) again(); all("refresh"); };
  dark.addEventListener("change", repaint);
  printed.addEventListener("change", () => { all("fit"); repaint(); });
  document.addEventListener("toggle", tellWide, true); // of a table that was folded nothing is known
  window.addEventListener("beforeprint", unfoldForPaper);
  tellWide();
  document.documentElement.dataset.ready = "yes";
})();
