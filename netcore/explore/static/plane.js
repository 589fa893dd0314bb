// The code plane: each test code is drawn as the number of its class, in its class's colour; a cross marks the point that is decoded.

import { SERIES, style } from "./colour.js";
import { h } from "./dom.js";

const EDGE = 14, STEPS = 40; // pixels around; arrow keys cross the plane in that many steps

export class Plane {
  // `moved()` is called when the point has moved.
  constructor(moved) {
    this.moved = moved;
    this.point = [0, 0];
    this.canvas = h("canvas", {
      class: "plane", tabindex: 0, role: "application", "aria-roledescription": "map",
      "aria-label": "Map of the codes of test images. Arrows move the point, with Shift by larger steps, Home goes to the middle.",
      onkeydown: (event) => this.key(event), onpointerdown: (event) => { this.canvas.setPointerCapture(event.pointerId); this.drag(event); },
      onpointermove: (event) => { if (event.buttons) this.drag(event); },
    });
  }

  show(points, labels, wide) {
    Object.assign(this, { points: points.data, labels: labels.data, side: Math.min(wide, 560) });
    const count = labels.shape[0], axis = (k) => Array.from({ length: count }, (_, n) => points.data[2 * n + k]).sort((a, b) => a - b);
    this.ranges = [0, 1].map((k) => {
      const values = axis(k), low = values[Math.floor(count / 100)], high = values[Math.ceil(count * 0.99) - 1], room = (high - low) / 10 || 1;
      return [low - room, high + room];
    });
    this.draw();
  }

  middle() {
    return this.ranges.map(([low, high]) => (low + high) / 2);
  }

  across(u) { return EDGE + ((u - this.ranges[0][0]) / (this.ranges[0][1] - this.ranges[0][0])) * (this.side - 2 * EDGE); }
  down(v) { return this.side - EDGE - ((v - this.ranges[1][0]) / (this.ranges[1][1] - this.ranges[1][0])) * (this.side - 2 * EDGE); }

  go(point) {
    this.point = point.map((value, k) => Math.min(Math.max(value, this.ranges[k][0]), this.ranges[k][1]));
    this.draw();
    this.moved();
  }

  drag(event) {
    const seen = this.canvas.getBoundingClientRect(), room = this.side - 2 * EDGE, zoom = this.side / seen.width;
    const x = ((event.clientX - seen.left) * zoom - EDGE) / room, y = 1 - ((event.clientY - seen.top) * zoom - EDGE) / room;
    this.go([x, y].map((t, k) => this.ranges[k][0] + t * (this.ranges[k][1] - this.ranges[k][0])));
  }

  key(event) {
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key === "Home") { event.preventDefault(); this.go(this.middle()); }
    if (!(event.key in moves)) return;
    event.preventDefault();
    const size = event.shiftKey ? 5 : 1;
    this.go(this.point.map((value, k) => value + (size * moves[event.key][k] * (this.ranges[k][1] - this.ranges[k][0])) / STEPS));
  }

  draw() {
    const sharp = window.devicePixelRatio || 1, canvas = this.canvas, side = this.side;
    canvas.width = canvas.height = side * sharp;
    canvas.style.width = `${side}px`;
    const pen = canvas.getContext("2d");
    pen.scale(sharp, sharp);
    pen.fillStyle = style("back");
    pen.fillRect(0, 0, side, side);
    pen.font = "600 11px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    this.labels.forEach((label, n) => {
      pen.fillStyle = SERIES[label % SERIES.length];
      pen.fillText(String(label), this.across(this.points[2 * n]), this.down(this.points[2 * n + 1]));
    });
    const x = this.across(this.point[0]), y = this.down(this.point[1]);
    for (const [colour, width] of [[style("panel"), 6], [style("ink"), 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(x - 16, y); pen.lineTo(x + 16, y); pen.moveTo(x, y - 16); pen.lineTo(x, y + 16);
      pen.arc(x, y, 9, 0, 7);
      pen.stroke();
    }
  }
}
