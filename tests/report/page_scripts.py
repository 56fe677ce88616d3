# SPDX-License-Identifier: Apache-2.0
"""What a test asks a page in the browser: contrast of its texts, colors of its lines."""

from __future__ import annotations

# Contrast of every text with what lies behind it, by the formula of WCAG 2.2; the worst first.
CONTRAST = """(() => {
  const parse = (text) => { const found = text.match(/[\\d.]+/g).map(Number);
    return found.length > 3 ? found : [...found, 1]; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = (color) => color.slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => { const stack = [];
    for (let at = node; at instanceof Element; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color[3] > 0) stack.push(color);
      if (color[3] === 1) break;
    }
    return stack.reverse().reduce((below, top) => over(top, below), [255, 255, 255]); };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const words = [...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim());
    const style = getComputedStyle(node);
    if (!words || ['SCRIPT', 'STYLE', 'NOSCRIPT', 'title'].includes(node.tagName)) continue;
    if (!node.getClientRects().length || style.visibility === 'hidden') continue;
    let clear = 1;
    for (let at = node; at instanceof Element; at = at.parentElement) {
      clear *= +getComputedStyle(at).opacity; }
    if (clear < 0.1) continue;
    const base = behind(node);
    const ink = parse(node instanceof SVGElement ? style.fill : style.color);
    const seen = over([...ink.slice(0, 3), ink[3] * clear], base);
    const [low, high] = [light(seen), light(base)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize), bold = +style.fontWeight >= 700;
    const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const share = (high + 0.05) / (low + 0.05) / needed;
    found.push([share, node.tagName, node.textContent.slice(0, 40)]);
  }
  return found.sort((a, b) => a[0] - b[0]);
})()"""
# The same of every line in a chart: WCAG asks 3:1 of graphics.
LINES = """[...document.querySelectorAll('.chart .legendlines path')]
  .map((path) => getComputedStyle(path).stroke)"""
