// A pad to draw on, in the network's own pixels: mouse, pen, touch; or arrows to move the pen, Space to put it down and up.

import { grey } from "./colour.js";
import { h } from "./dom.js";
import { frame, paint } from "./picture.js";

export class Pad {
  // `changed()` is called after each stroke's piece; `say(text)` tells a screen reader where the pen is.
  constructor([channels, height, width], changed, say) {
    Object.assign(this, { channels, height, width, changed, say });
    this.zoom = Math.max(1, Math.round(304 / Math.max(height, width)));
    this.radius = Math.max(0.75, height / 18);
    this.pen = { x: Math.floor(width / 2), y: Math.floor(height / 2), down: false };
    this.box = null;
    this.pixels = new Float32Array(channels * height * width);
    this.canvas = h("canvas", {
      class: "pad", width: width * this.zoom, height: height * this.zoom, tabindex: 0, role: "application", "aria-roledescription": "drawing pad",
      "aria-label": `Picture of ${width} by ${height} pixels. Arrows move the pen, Space puts it down or lifts it, Delete clears.`,
      onkeydown: (event) => this.key(event), onfocus: () => this.draw(), onblur: () => { this.pen.down = false; this.draw(); },
      onpointerdown: (event) => { this.canvas.setPointerCapture(event.pointerId); this.last = null; this.stroke(event); },
      onpointermove: (event) => { if (event.buttons) this.stroke(event); },
      onpointerup: () => { this.last = null; },
    });
    this.draw();
  }

  show(pixels) {
    this.pixels.set(pixels);
    this.box = null;
    this.draw();
    this.changed();
  }

  clear() {
    this.show(new Float32Array(this.pixels.length));
  }

  stroke(event) {
    const seen = this.canvas.getBoundingClientRect();
    const to = { x: ((event.clientX - seen.left) / seen.width) * this.width - 0.5, y: ((event.clientY - seen.top) / seen.height) * this.height - 0.5 };
    const from = this.last || to, steps = Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)) || 1;
    for (let k = 1; k <= steps; k++) this.dab(from.x + ((to.x - from.x) * k) / steps, from.y + ((to.y - from.y) * k) / steps);
    this.last = to;
    Object.assign(this.pen, { x: Math.round(to.x), y: Math.round(to.y) });
    this.draw();
    this.changed();
  }

  // A soft round dot.
  dab(x, y) {
    const reach = Math.ceil(this.radius) + 1;
    for (let row = Math.max(0, Math.floor(y) - reach); row <= Math.min(this.height - 1, y + reach); row++) {
      for (let column = Math.max(0, Math.floor(x) - reach); column <= Math.min(this.width - 1, x + reach); column++) {
        const ink = Math.min(1, Math.max(0, this.radius + 0.5 - Math.hypot(row - y, column - x)));
        for (let c = 0; c < this.channels; c++) {
          const k = (c * this.height + row) * this.width + column;
          this.pixels[k] = Math.max(this.pixels[k], ink);
        }
      }
    }
  }

  key(event) {
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1], " ": [0, 0], Delete: null, Backspace: null };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const move = moves[event.key];
    if (move === null) { this.clear(); this.say("cleared"); return; }
    if (event.key === " ") this.pen.down = !this.pen.down;
    this.pen.x = Math.min(Math.max(this.pen.x + move[0], 0), this.width - 1);
    this.pen.y = Math.min(Math.max(this.pen.y + move[1], 0), this.height - 1);
    if (this.pen.down) this.dab(this.pen.x, this.pen.y);
    this.draw();
    if (this.pen.down) this.changed();
    this.say(`pen ${this.pen.down ? "down" : "up"} at row ${this.pen.y + 1}, column ${this.pen.x + 1}`);
  }

  draw() {
    const context = this.canvas.getContext("2d"), image = context.createImageData(this.canvas.width, this.canvas.height);
    paint(image, { shape: [this.channels, this.height, this.width], data: this.pixels }, 0, 0, this.zoom, grey);
    context.putImageData(image, 0, 0);
    if (this.box) {
      const [top, bottom, left, right] = this.box;
      frame(this.canvas, [Math.max(top, 0), Math.min(bottom, this.height), Math.max(left, 0), Math.min(right, this.width)], this.zoom);
    }
    if (document.activeElement === this.canvas && this.canvas.matches(":focus-visible")) {
      frame(this.canvas, [this.pen.y, this.pen.y + 1, this.pen.x, this.pen.x + 1], this.zoom, this.pen.down ? "#D55E00" : "#56B4E9");
    }
  }
}
