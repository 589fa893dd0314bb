// Lines over a number: axes with a few ticks, each line with its own colour, dash and marker, and its name in a legend.

import { style } from "./colour.js";
import { h, number } from "./dom.js";

const DASHES = [[], [7, 4], [2, 3]];
const LEFT = 58, RIGHT = 12, TOP = 12, BOTTOM = 40;

// lines: [{name, colour, points: [[x, y], …]}]; returns a canvas `wide` pixels wide, with a text that says what it shows.
export function chart(lines, wide, { x, y }, text) {
  const all = lines.flatMap((line) => line.points).filter(([, value]) => value !== null), tall = Math.round(Math.min(320, Math.max(220, wide / 2)));
  const sharp = window.devicePixelRatio || 1;
  const canvas = h("canvas", { width: wide * sharp, height: tall * sharp, role: "img", "aria-label": text });
  canvas.style.width = `${wide}px`;
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  pen.font = "13px system-ui, sans-serif";
  if (!all.length) return canvas;
  const xs = span(all.map(([value]) => value)), ys = span(all.map(([, value]) => value));
  const across = (value) => LEFT + ((value - xs[0]) / (xs[1] - xs[0])) * (wide - LEFT - RIGHT);
  const up = (value) => tall - BOTTOM - ((value - ys[0]) / (ys[1] - ys[0])) * (tall - TOP - BOTTOM);
  pen.strokeStyle = style("line");
  pen.fillStyle = style("soft");
  for (const tick of ticks(...ys)) {
    pen.beginPath(); pen.moveTo(LEFT, up(tick)); pen.lineTo(wide - RIGHT, up(tick)); pen.stroke();
    pen.textAlign = "right"; pen.fillText(number(tick), LEFT - 6, up(tick) + 4);
  }
  for (const tick of ticks(...xs)) { pen.textAlign = "center"; pen.fillText(tick >= 1e4 ? number(tick) : String(tick), across(tick), tall - BOTTOM + 17); }
  pen.fillText(x, (LEFT + wide - RIGHT) / 2, tall - 5);
  pen.textAlign = "left";
  pen.save(); pen.translate(12, tall / 2 + 20); pen.rotate(-Math.PI / 2); pen.fillText(y, 0, 0); pen.restore();
  const order = [...lines.entries()].sort(([, a], [, b]) => Boolean(b.thin) - Boolean(a.thin)); // thin ones below
  order.forEach(([k, { colour, points, thin }]) => {
    const told = points.filter(([, value]) => value !== null);
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = thin ? 1 : 2.5;
    pen.setLineDash(thin ? [] : DASHES[k % DASHES.length]);
    pen.beginPath();
    told.forEach(([a, b], i) => (i ? pen.lineTo(across(a), up(b)) : pen.moveTo(across(a), up(b))));
    pen.stroke();
    pen.setLineDash([]);
    if (!thin && told.length <= 30) for (const [a, b] of told) { pen.beginPath(); pen.arc(across(a), up(b), 3.5, 0, 7); pen.fill(); }
  });
  return canvas;
}

// What the colours and dashes mean.
export function legendOf(lines) {
  return h("p", { class: "legend" }, lines.map(({ name, colour, thin }, k) => {
    const sample = h("canvas", { width: 34, height: 12, "aria-hidden": "true" }), pen = sample.getContext("2d");
    sample.style.width = "34px";
    pen.strokeStyle = colour;
    pen.lineWidth = thin ? 1 : 2.5;
    pen.setLineDash(thin ? [] : DASHES[k % DASHES.length]);
    pen.beginPath(); pen.moveTo(0, 6); pen.lineTo(34, 6); pen.stroke();
    return h("span", { class: "legend" }, sample, name);
  }));
}

function span(values) {
  const low = Math.min(...values), high = Math.max(...values);
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

// About five round numbers between low and high.
function ticks(low, high) {
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((k) => k * power >= rough) * power;
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1e6; tick += step) found.push(Number(tick.toPrecision(10)));
  return found;
}
