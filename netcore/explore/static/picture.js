// Small pictures on canvases: one image, or the maps of many units as tiles. Every canvas gets a text that says what it shows.

import { grey, signed } from "./colour.js";
import { h } from "./dom.js";

// Write (C, H, W) pixels or one map (H, W) at (left, top) of an ImageData, each cell `zoom` pixels wide.
export function paint(target, array, left, top, zoom, colour) {
  const shape = array.shape, height = shape.at(-2), width = shape.at(-1), size = height * width;
  const colours = shape.length === 3 && shape[0] === 3;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const k = y * width + x;
      const rgb = colours ? [0, 1, 2].map((c) => 255 * array.data[c * size + k]) : colour(array.data[k]);
      for (let dy = 0; dy < zoom; dy++) {
        let at = 4 * ((top + y * zoom + dy) * target.width + left + x * zoom);
        for (let dx = 0; dx < zoom; dx++, at += 4) {
          target.data[at] = rgb[0]; target.data[at + 1] = rgb[1]; target.data[at + 2] = rgb[2]; target.data[at + 3] = 255;
        }
      }
    }
  }
}

// One picture, about `wide` pixels wide. `limit` draws signed numbers in colours, without it pixels in grey.
export function picture(array, wide, text, limit = 0) {
  const height = array.shape.at(-2), width = array.shape.at(-1), zoom = Math.max(1, Math.round(wide / Math.max(width, height)));
  const canvas = h("canvas", { width: width * zoom, height: height * zoom, role: "img", "aria-label": text });
  const pen = canvas.getContext("2d"), image = pen.createImageData(canvas.width, canvas.height);
  paint(image, array, 0, 0, zoom, limit ? (value) => signed(value / limit) : grey);
  pen.putImageData(image, 0, 0);
  return canvas;
}

// A frame of `box` (top, bottom, left, right, in cells) around a part of a picture with cells `zoom` wide.
export function frame(canvas, box, zoom, colour = "#E69F00") {
  const pen = canvas.getContext("2d"), [top, bottom, left, right] = box;
  pen.lineWidth = 3;
  pen.strokeStyle = colour;
  pen.strokeRect(left * zoom + 1.5, top * zoom + 1.5, (right - left) * zoom - 3, (bottom - top) * zoom - 3);
}

// The scale of the signed colours.
export function legend(low, middle, high) {
  const canvas = h("canvas", { width: 101, height: 8, "aria-hidden": "true" });
  const pen = canvas.getContext("2d"), image = pen.createImageData(101, 8);
  const ramp = { shape: [8, 101], data: Float32Array.from({ length: 808 }, (_, k) => (k % 101) / 50 - 1) };
  paint(image, ramp, 0, 0, 1, signed);
  pen.putImageData(image, 0, 0);
  return h("p", { class: "legend" }, low, canvas, high, middle ? ` (white: ${middle})` : "");
}
