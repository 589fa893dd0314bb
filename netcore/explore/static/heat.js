// Heat maps over a text: one row a unit, one column a character. A column can be marked, and chosen by a click.

import { share, signed } from "./colour.js";
import { h } from "./dom.js";
import { paint } from "./picture.js";

export const CELL = 16; // width of a character's column, in pixels
const TALL = 9; // height of a unit's row

// values: {shape: [T, units], data}; `limit` draws signed numbers, without it shares from 0 to 1.
export function heat(values, limit, text, chosen) {
  const [steps, units] = values.shape, canvas = h("canvas", { width: steps * CELL, height: units * TALL, role: "img", "aria-label": text });
  canvas.style.maxWidth = "none";
  canvas.addEventListener("click", (event) => chosen(Math.floor(event.offsetX / CELL)));
  const pen = canvas.getContext("2d");
  return {
    canvas,
    draw(now) {
      const image = pen.createImageData(canvas.width, canvas.height), one = { shape: [1, 1], data: new Float32Array(1) };
      for (let t = 0; t < steps; t++) {
        for (let u = 0; u < units; u++) {
          one.data[0] = values.data[t * units + u];
          const rgb = limit ? signed(one.data[0] / limit) : share(one.data[0]);
          block(image, t * CELL, u * TALL, CELL, TALL, rgb);
        }
      }
      pen.putImageData(image, 0, 0);
      pen.lineWidth = 2;
      pen.strokeStyle = "#000";
      pen.strokeRect(now * CELL - 1, -2, CELL + 2, canvas.height + 4);
      pen.strokeStyle = "#E69F00";
      pen.strokeRect(now * CELL + 1, -2, CELL - 2, canvas.height + 4);
    },
  };
}

function block(image, left, top, wide, tall, rgb) {
  for (let y = top; y < top + tall; y++) {
    for (let x = left; x < left + wide; x++) {
      const k = 4 * (y * image.width + x);
      image.data[k] = rgb[0]; image.data[k + 1] = rgb[1]; image.data[k + 2] = rgb[2]; image.data[k + 3] = 255;
    }
  }
}

// The scale from 0 to 1.
export function scale() {
  const canvas = h("canvas", { width: 101, height: 8, "aria-hidden": "true" });
  const pen = canvas.getContext("2d"), image = pen.createImageData(101, 8);
  paint(image, { shape: [8, 101], data: Float32Array.from({ length: 808 }, (_, k) => (k % 101) / 100) }, 0, 0, 1, share);
  pen.putImageData(image, 0, 0);
  return h("span", { class: "legend" }, "0 nothing passes", canvas, "1 everything passes");
}
