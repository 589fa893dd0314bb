// The units of one layer as tiles on one canvas. It is one stop of the Tab key: arrows, Home and End choose a unit, as on a slider,
// Enter or a click opens it. A screen reader hears the unit and its strongest answer.

import { at } from "./api.js";
import { largest, signed, style } from "./colour.js";
import { h, number } from "./dom.js";
import { paint } from "./picture.js";

const GAP = 5;

export class Tiles {
  // `chosen(unit)` is called for a click or Enter, and while arrows move.
  constructor(name, chosen) {
    this.name = name;
    this.chosen = chosen;
    this.unit = 0;
    this.selected = false;
    this.canvas = h("canvas", {
      tabindex: 0, role: "slider", "aria-label": `Units of layer ${name}; arrows choose one`, "aria-valuemin": 0,
      onclick: (event) => this.click(event), onkeydown: (event) => this.key(event),
    });
    this.canvas.style.cursor = "pointer";
    this.below = h("div"); // for what is told about the chosen unit
  }

  show(maps, wide) {
    this.maps = maps;
    const [count, height, width] = maps.shape;
    const side = Math.max(height, width);
    this.zoom = Math.max(1, Math.round((side === 1 ? 13 : Math.min(64, Math.max(30, 900 / Math.sqrt(count) / 4))) / side));
    this.tall = height * this.zoom + GAP;
    this.broad = width * this.zoom + GAP;
    this.columns = Math.max(1, Math.min(count, Math.floor((wide - GAP) / this.broad)));
    this.unit = Math.min(this.unit, count - 1);
    this.draw();
  }

  draw() {
    const [count] = this.maps.shape, rows = Math.ceil(count / this.columns), canvas = this.canvas;
    canvas.width = this.columns * this.broad + GAP;
    canvas.height = rows * this.tall + GAP;
    const pen = canvas.getContext("2d"), image = pen.createImageData(canvas.width, canvas.height), limit = largest(this.maps.data);
    for (let k = 0; k < count; k++) {
      const [left, top] = this.place(k);
      paint(image, at(this.maps, k), left, top, this.zoom, (value) => signed(value / limit));
    }
    pen.putImageData(image, 0, 0);
    pen.strokeStyle = style("line");
    for (let k = 0; k < count; k++) {
      const [left, top] = this.place(k);
      pen.strokeRect(left - 0.5, top - 0.5, this.broad - GAP + 1, this.tall - GAP + 1);
    }
    if (this.selected) {
      const [left, top] = this.place(this.unit);
      pen.lineWidth = 3;
      pen.strokeStyle = style("orange");
      pen.strokeRect(left - 1.5, top - 1.5, this.broad - GAP + 3, this.tall - GAP + 3);
    }
    let most = -Infinity;
    for (const value of at(this.maps, this.unit).data) most = Math.max(most, value);
    canvas.setAttribute("aria-valuemax", count - 1);
    canvas.setAttribute("aria-valuenow", this.unit);
    canvas.setAttribute("aria-valuetext", `unit ${this.unit} of ${count}, strongest answer ${number(most)}`);
  }

  place(k) {
    return [GAP + (k % this.columns) * this.broad, GAP + Math.floor(k / this.columns) * this.tall];
  }

  click(event) {
    const canvas = this.canvas, seen = canvas.getBoundingClientRect(), zoom = canvas.width / seen.width;
    const x = (event.clientX - seen.left) * zoom, y = (event.clientY - seen.top) * zoom;
    const unit = Math.floor((y - GAP / 2) / this.tall) * this.columns + Math.min(Math.floor((x - GAP / 2) / this.broad), this.columns - 1);
    if (unit >= 0 && unit < this.maps.shape[0]) this.choose(unit);
  }

  key(event) {
    const last = this.maps.shape[0] - 1;
    const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns, Home: -last - 1, End: last + 1, Enter: 0, " ": 0 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.choose(Math.min(Math.max(this.unit + moves[event.key], 0), last));
  }

  choose(unit) {
    this.unit = unit;
    this.chosen(unit);
  }

  mark(selected) {
    if (this.selected === selected && !selected) return;
    this.selected = selected;
    if (this.maps) this.draw();
  }
}
