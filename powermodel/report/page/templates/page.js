"use strict";
(() => {
  const page = JSON.parse(document.getElementById("page-data").textContent);
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const WIDE = 1200; // cells that a screen can show
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

  for (const chart of page.charts) {
    for (const item of chart.series) {
      item.mean = numbers(item.mean);
      item.low = item.low ? numbers(item.low) : item.mean;
      item.high = item.high ? numbers(item.high) : item.mean;
    }
  }
  for (const part of page.closeups) {
    for (const path of Object.keys(part.values)) part.values[path] = numbers(part.values[path]);
  }

  function layout(unit, x, more) {
    const axis = { gridcolor: css("--line"), linecolor: css("--soft"), zerolinecolor: css("--line"),
      tickcolor: css("--soft"), automargin: true };
    return Object.assign({
      paper_bgcolor: css("--paper"), plot_bgcolor: css("--paper"),
      font: { color: css("--ink"), size: 12 }, margin: { l: 58, r: 12, t: 30, b: 44 },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hovermode: "closest", dragmode: "zoom", uirevision: "same",
      xaxis: Object.assign({ title: { text: x } }, axis),
      yaxis: Object.assign({ title: { text: unit } }, axis),
    }, more || {});
  }
  const config = { responsive: true, displaylogo: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };

  // Cells of a series inside a range, merged to as many as can be seen.
  function cells(item, range) {
    const last = item.mean.length;
    const from = range ? Math.max(0, Math.floor((range[0] - item.begin) / item.cell) - 1) : 0;
    const to = range ? Math.min(last, Math.ceil((range[1] - item.begin) / item.cell) + 1) : last;
    const step = Math.max(1, Math.ceil((to - from) / WIDE));
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
    const y = part.values[item.path];
    return { x: Array.from(y, (_, i) => part.begin + i * page.dt), y: Array.from(y) };
  }

  function traces(chart, range) {
    const found = [];
    for (const item of chart.series) {
      const line = { color: color(item), width: 1.3 };
      const common = { type: "scatter", mode: "lines", name: item.label, legendgroup: item.path,
        hovertemplate: "%{x:.6g} s: %{y:.5g} " + chart.unit + "<extra>" + item.label + "</extra>" };
      const every = samples(item, range);
      const seen = every ? null : cells(item, range);
      const plain = every || (seen.plain ? { x: seen.x, y: seen.mean } : null);
      const none = { x: [], y: [] };
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

  function drawTime() {
    busy = true;
    const range = shown || [page.begin, page.end];
    const done = page.charts.map((chart) => {
      const form = layout(chart.unit, "time since the start of the run [s]");
      form.xaxis.range = range;
      form.uirevision = "legend";
      form.xaxis.uirevision = String(range);
      form.yaxis.uirevision = String(range);
      return Plotly.react(chart.id, traces(chart, shown), form, config);
    });
    return Promise.all(done).then(() => { busy = false; });
  }

  function drawRolling() {
    for (const chart of page.rolling) {
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
      Plotly.react(chart.id, lines, form, config);
    }
  }

  function drawSpectrum() {
    const chart = page.spectrum;
    if (!chart) return;
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
      if (wide && high / low > 1.9) {
        form.annotations.push({ x: (Math.log10(low) + Math.log10(high)) / 2, y: 0.99, xref: "x",
          yref: "paper", yanchor: "top", showarrow: false, text: band.name.replace(", ", ",<br>").replace(" modes", "<br>modes"),
          font: { size: 10, color: css("--soft") } });
      }
    });
    Plotly.react(chart.id, lines, form, config);
  }

  function drawCloseups() {
    const power = page.charts[0];
    for (const part of page.closeups) {
      const lines = power.series.filter((item) => part.values[item.path]).map((item) => {
        const y = Array.from(part.values[item.path]);
        return { type: "scatter", mode: "lines", name: item.label, y,
          x: y.map((_, i) => part.begin + i * page.dt), line: { color: color(item), width: 1.1 } };
      });
      Plotly.react(part.id, lines, layout(power.unit, "time since the start of the run [s]"), config);
    }
  }

  function drawAll() {
    drawRolling(); drawSpectrum(); drawCloseups();
    return drawTime();
  }

  function zoomTo(range) {
    shown = range;
    return drawTime();
  }

  drawAll().then(() => {
    for (const chart of page.charts) {
      document.getElementById(chart.id).on("plotly_relayout", (event) => {
        if (busy) return;
        if (event["xaxis.autorange"]) { zoomTo(null); return; }
        const range = event["xaxis.range"] || [event["xaxis.range[0]"], event["xaxis.range[1]"]];
        if (range[0] === undefined || range[1] === undefined) return;
        zoomTo([Math.max(+range[0], page.begin), Math.min(+range[1], page.end)]);
      });
    }
    root.dataset.drawn = "yes";
  });
  for (const button of document.querySelectorAll("button[data-begin]")) {
    button.addEventListener("click", () => {
      zoomTo([+button.dataset.begin, +button.dataset.end]);
      document.getElementById(page.charts[0].id).scrollIntoView({ block: "center" });
    });
  }
  document.getElementById("whole-run").addEventListener("click", () => zoomTo(null));
  dark.addEventListener("change", drawAll);

  function paper(on) {
    if (onPaper === on) return;
    onPaper = on;
    root.classList.toggle("paper", on);
    for (const block of document.querySelectorAll("details")) block.open = on;
    drawAll();
    for (const box of document.querySelectorAll(".chart")) {
      if (on) Plotly.relayout(box, { width: 680, height: box.classList.contains("low") ? 225 : 280 });
      else Plotly.relayout(box, { width: null, height: null, autosize: true });
    }
  }
  window.addEventListener("beforeprint", () => paper(true));
  window.addEventListener("afterprint", () => paper(false));
})();
