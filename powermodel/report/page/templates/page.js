"use strict";
(() => {
  const page = JSON.parse(document.getElementById("page-data").textContent);
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const DENSE = 0.8; // cells for each pixel of a chart's width
  const narrow = window.matchMedia("(max-width: 600px)");
  let onPaper = false;
  let shown = null; // [begin, end] of all charts over time, or null: the whole run
  let busy = false;

  function numbers(text) {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return new Float32Array(bytes.buffer);
  }
  const night = () => dark.matches && !onPaper;
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const color = (item) => (night() ? item.dark : item.color);
  const faint = (hex) => hex + (night() ? "66" : "55");

  // Numbers stay text until a chart needs them: the page opens at once.
  function held(holder, key) {
    if (typeof holder[key] === "string") holder[key] = numbers(holder[key]);
    return holder[key];
  }
  function unpack(chart) {
    for (const item of chart.series) {
      held(item, "mean");
      item.low = item.low ? held(item, "low") : item.mean;
      item.high = item.high ? held(item, "high") : item.mean;
    }
  }

  function layout(unit, x, more) {
    const axis = { gridcolor: css("--line"), linecolor: css("--soft"), zerolinecolor: css("--line"),
      tickcolor: css("--soft") };
    return Object.assign({
      paper_bgcolor: css("--paper"), plot_bgcolor: css("--paper"),
      font: { color: css("--ink"), size: 12 }, margin: { l: 72, r: 12, t: 30, b: 44 },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hovermode: "closest", dragmode: "zoom", uirevision: "same",
      xaxis: Object.assign({ title: { text: x } }, axis),
      yaxis: Object.assign({ title: { text: unit } }, axis),
    }, more || {});
  }
  // On a narrow screen the buttons would lie over the names.
  const config = { responsive: true, displaylogo: false, showTips: false,
    displayModeBar: narrow.matches ? false : "hover",
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };

  // Cells of a series inside a range, merged to as many as can be seen.
  function cells(item, range, wide) {
    const last = item.mean.length;
    const from = range ? Math.max(0, Math.floor((range[0] - item.begin) / item.cell) - 1) : 0;
    const to = range ? Math.min(last, Math.ceil((range[1] - item.begin) / item.cell) + 1) : last;
    const step = Math.max(1, Math.ceil((to - from) / wide));
    const out = { x: [], low: [], mean: [], high: [], plain: step === 1 && item.low === item.mean };
    for (let i = from; i < to; i += step) {
      let low = Infinity, high = -Infinity, sum = 0;
      const end = Math.min(i + step, to);
      for (let k = i; k < end; k++) {
        if (item.low[k] < low) low = item.low[k];
        if (item.high[k] > high) high = item.high[k];
        sum += item.mean[k];
      }
      out.x.push(item.begin + i * item.cell);
      out.low.push(low); out.high.push(high); out.mean.push(sum / (end - i));
    }
    if (to > from && !out.plain) { // steps reach the end of the last cell
      out.x.push(Math.min(item.begin + to * item.cell, item.end));
      for (const name of ["low", "mean", "high"]) out[name].push(out[name][out[name].length - 1]);
    }
    return out;
  }

  // Every sample, where a part that the page holds covers the range and cells are longer.
  function samples(item, range) {
    if (!range || item.low === item.mean) return null;
    const part = page.closeups.find((p) => p.begin <= range[0] + item.cell
      && p.end >= range[1] - item.cell && p.values[item.path]);
    if (!part) return null;
    const y = held(part.values, item.path);
    return { x: Array.from(y, (_, i) => part.begin + i * page.dt), y: Array.from(y) };
  }

  function traces(chart, range, wide) {
    const found = [];
    for (const item of chart.series) {
      const line = { color: color(item), width: 1.3 };
      const common = { type: "scatter", mode: "lines", name: item.label, legendgroup: item.path,
        hovertemplate: "%{x:.6g} s: %{y:.5g} " + chart.unit + "<extra>" + item.label + "</extra>" };
      const every = samples(item, range);
      const seen = every ? null : cells(item, range, wide);
      const plain = every || (seen.plain ? { x: seen.x, y: seen.mean } : null);
      // One missing point: a trace without any would not hide and come back with its name.
      const none = { x: [null], y: [null] };
      const edge = plain || { x: seen.x, y: seen.low };
      // Always three traces, so that what a reader hid stays hidden.
      found.push(Object.assign({}, common, plain ? none : edge, { showlegend: false,
        hoverinfo: "skip", hovertemplate: null, line: { width: 0, shape: "hv", color: line.color } }));
      found.push(Object.assign({}, common, plain ? none : { x: seen.x, y: seen.high },
        { showlegend: false, hoverinfo: "skip", hovertemplate: null, fill: "tonexty",
          fillcolor: faint(line.color), line: { width: 0, shape: "hv", color: line.color } }));
      found.push(Object.assign({}, common, plain || { x: seen.x, y: seen.mean },
        { line: Object.assign({}, line, plain ? {} : { shape: "hv" }) }));
    }
    return found;
  }

  function drawTime(chart) {
    unpack(chart);
    const form = layout(chart.unit, "time since the start of the run [s]");
    form.xaxis.range = shown || [page.begin, page.end];
    form.uirevision = "legend";
    form.xaxis.uirevision = form.yaxis.uirevision = String(form.xaxis.range);
    const box = document.getElementById(chart.id);
    const fresh = !box.data;
    busy = true;
    const wide = Math.max(200, Math.round(DENSE * box.clientWidth));
    return Plotly.react(box, traces(chart, shown, wide), form, config).then(() => {
      busy = false;
      if (fresh) box.on("plotly_relayout", zoomed);
    });
  }

  function zoomed(event) {
    if (busy) return;
    if (event["xaxis.autorange"]) { zoomTo(null); return; }
    const range = event["xaxis.range"] || [event["xaxis.range[0]"], event["xaxis.range[1]"]];
    if (range[0] === undefined || range[1] === undefined) return;
    zoomTo([Math.max(+range[0], page.begin), Math.min(+range[1], page.end)]);
  }

  function drawRolling(chart) {
    const lines = chart.traces.map((item) => {
      const y = Array.from(numbers(item.values));
      const x = y.map((_, i) => item.begin + i * item.cell);
      return { type: "scatter", mode: "lines", name: item.label, x, y,
        line: { color: color(item), width: 1.3, shape: "hv" } };
    });
    for (const limit of chart.limits) {
      lines.push({ type: "scatter", mode: "lines", name: "limit: " + limit.name,
        x: [page.begin, page.end], y: [limit.value, limit.value],
        line: { color: css("--fail"), width: 2, dash: "dash" } });
    }
    const form = layout(chart.unit, "start of the window [s]");
    form.yaxis.rangemode = "tozero";
    return Plotly.react(chart.id, lines, form, config);
  }

  function drawSpectrum(chart) {
    const lines = chart.traces.map((item) => ({ type: "scatter", mode: "lines", name: item.label,
      x: Array.from(numbers(item.frequency)), y: Array.from(numbers(item.rms)),
      line: { color: color(item), width: 1.3 } }));
    const first = Math.min(...lines.map((line) => line.x[0]));
    const last = Math.max(...lines.map((line) => line.x[line.x.length - 1]));
    const top = Math.max(...lines.map((line) => Math.max(...line.y)));
    const form = layout(chart.unit, "frequency [Hz]");
    Object.assign(form.xaxis, { type: "log", range: [Math.log10(first), Math.log10(last)] });
    // What lies six decades below the top is rounding, not power.
    Object.assign(form.yaxis, { type: "log", exponentformat: "power",
      range: [Math.log10(top) - 6, Math.log10(top) + 0.8] });
    form.shapes = []; form.annotations = [];
    chart.bands.forEach((band, place) => {
      const low = Math.max(band.low, first), high = Math.min(band.high, last);
      if (low >= high) return;
      if (place % 2 === 0) {
        form.shapes.push({ type: "rect", xref: "x", yref: "paper", x0: low, x1: high, y0: 0, y1: 1,
          fillcolor: css("--tint"), line: { width: 0 }, layer: "below" });
      }
      const wide = document.getElementById(chart.id).clientWidth > 560;
      if (wide && high / low > 2.2) {
        form.annotations.push({ x: (Math.log10(low) + Math.log10(high)) / 2, y: 0.99, xref: "x",
          yref: "paper", yanchor: "top", showarrow: false, text: band.name.replace(", ", ",<br>").replace(" modes", "<br>modes"),
          font: { size: 10, color: css("--soft") } });
      }
    });
    // Modes of known systems: one trace a sort, so that a reader can hide them.
    const tall = [10 ** form.yaxis.range[0], 10 ** form.yaxis.range[1]];
    for (const [sort, name] of [["inter-area", "--accent"], ["torsional", "--open"]]) {
      const here = chart.modes.filter((mode) => mode.sort === sort
        && mode.frequency >= first && mode.frequency <= last);
      if (!here.length) continue;
      lines.push({ type: "scatter", mode: "lines", name: sort + " modes of known systems",
        x: here.flatMap((mode) => [mode.frequency, mode.frequency, null]),
        y: here.flatMap(() => [tall[0], tall[1], null]),
        text: here.flatMap((mode) => [mode.title, mode.title, ""]),
        hovertemplate: "%{text}: %{x:.4g} Hz<extra></extra>",
        line: { color: css(name), width: 1, dash: sort === "torsional" ? "dot" : "dash" } });
    }
    return Plotly.react(chart.id, lines, form, config);
  }

  function drawPlain(chart) {
    const lines = chart.curves.map((curve) => ({ type: "scatter", name: curve.label,
      mode: curve.marks ? "markers" : "lines",
      x: Array.from(numbers(curve.x)), y: Array.from(numbers(curve.y)),
      line: { color: color(curve), width: 1.5, dash: curve.dash, shape: curve.shape },
      marker: { color: color(curve), size: 8 } }));
    const form = layout(chart.y, chart.x);
    if (chart.log) form.xaxis.type = "log";
    if (chart.ticks.length) {
      Object.assign(form.xaxis, { tickvals: chart.ticks.map((_, i) => i), ticktext: chart.ticks });
    }
    form.yaxis.rangemode = "tozero";
    return Plotly.react(chart.id, lines, form, config);
  }

  function drawCloseup(part) {
    const power = page.charts[0];
    const lines = power.series.filter((item) => part.values[item.path]).map((item) => {
      const y = Array.from(held(part.values, item.path));
      return { type: "scatter", mode: "lines", name: item.label, y,
        x: y.map((_, i) => part.begin + i * page.dt), line: { color: color(item), width: 1.1 } };
    });
    const form = layout(power.unit, "time since the start of the run [s]");
    return Plotly.react(part.id, lines, form, config);
  }

  // A chart is drawn when it comes near the screen, or when there is nothing else to do.
  const draw = new Map();
  for (const chart of page.charts) draw.set(chart.id, () => drawTime(chart));
  for (const part of page.closeups) draw.set(part.id, () => drawCloseup(part));
  for (const chart of page.rolling) draw.set(chart.id, () => drawRolling(chart));
  for (const chart of page.plain) draw.set(chart.id, () => drawPlain(chart));
  if (page.spectrum) draw.set(page.spectrum.id, () => drawSpectrum(page.spectrum));
  const drawn = new Set();

  function drawOnce(id) {
    if (drawn.has(id)) return;
    drawn.add(id);
    draw.get(id)();
    if (drawn.size === draw.size) root.dataset.drawn = "yes";
  }
  const drawAll = () => { for (const id of draw.keys()) drawOnce(id); };
  const redraw = () => { for (const id of drawn) draw.get(id)(); };

  function zoomTo(range) {
    shown = range;
    for (const chart of page.charts) if (drawn.has(chart.id)) drawTime(chart);
  }

  // One at a time, with a frame between: the first one stands while the next is drawn.
  const waiting = [];
  const later = window.requestIdleCallback || ((work) => setTimeout(work, 100));
  let drawing = false;
  function drawWaiting() {
    const id = waiting.shift();
    if (id === undefined) { drawing = false; later(drawNext); return; }
    drawOnce(id);
    requestAnimationFrame(() => setTimeout(drawWaiting));
  }
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) waiting.push(entry.target.id);
    if (!drawing && waiting.length) { drawing = true; drawWaiting(); }
  }, { rootMargin: "300px" });
  for (const id of draw.keys()) near.observe(document.getElementById(id));
  function drawNext() {
    if (drawing) return;
    const next = [...draw.keys()].find((id) => !drawn.has(id));
    if (next === undefined) return;
    drawOnce(next);
    later(drawNext);
  }
  later(drawNext);

  for (const button of document.querySelectorAll("button[data-begin]")) {
    button.addEventListener("click", () => {
      zoomTo([+button.dataset.begin, +button.dataset.end]);
      document.getElementById(page.charts[0].id).scrollIntoView({ block: "center" });
    });
  }
  const whole = document.getElementById("whole-run"); // a study has no run to zoom
  if (whole) whole.addEventListener("click", () => zoomTo(null));
  dark.addEventListener("change", redraw);

  function paper(on) {
    if (onPaper === on) return;
    onPaper = on;
    root.classList.toggle("paper", on);
    for (const block of document.querySelectorAll("details")) block.open = on;
    drawAll();
    redraw();
    for (const box of document.querySelectorAll(".chart")) {
      if (on) Plotly.relayout(box, { width: 680, height: box.classList.contains("low") ? 185 : 280 });
      else Plotly.relayout(box, { width: null, height: null, autosize: true });
    }
  }
  window.addEventListener("beforeprint", () => paper(true));
  window.addEventListener("afterprint", () => paper(false));
})();
