// One unit of view 1: its filter, what it sees of the picture, and the pieces of test images to which it answers most.

import { at } from "./api.js";
import { largest } from "./colour.js";
import { h, number } from "./dom.js";
import { frame, picture } from "./picture.js";

const FILTERS = 32; // of the filter's inputs that are drawn

export function unitPanel(found, run) {
  const { layer, unit, map, row, column, value, whole, filter, filter_of: of } = found;
  const flat = map.shape.at(-1) * map.shape.at(-2) === 1;
  const parts = [];
  if (filter) parts.push(filterFigure(filter, of, layer));
  if (!flat) {
    const canvas = picture(map, 120, `Map of unit ${unit}`, largest(map.data)), zoom = canvas.width / map.shape.at(-1);
    frame(canvas, [row, row + 1, column, column + 1], zoom);
    parts.push(h("figure", {}, h("h4", {}, "Its answers"), canvas, h("figcaption", {}, "the framed place is the strongest")));
  }
  return h("section", { class: "unit", "aria-label": `Unit ${unit} of layer ${layer}` }, h("h3", {}, `Unit ${unit} of layer ${layer}`), h("p", {},
    `Its ${flat ? "" : "strongest "}answer to this picture is ${number(value)}. ${whole || "The orange frame in the picture shows the piece that it sees there: its receptive field."}`),
    h("div", { class: "row top" }, parts), patches(found, run));
}

function filterFigure(filter, of, layer) {
  const [inputs, height, width] = filter.shape, limit = largest(filter.data), whose = of === layer ? "" : ` (of layer ${of}, which feeds it)`;
  if (height * width === 1) {
    return h("figure", {}, h("h4", {}, `Its weights${whose}`),
      picture({ shape: [1, Math.ceil(inputs / 32), Math.min(inputs, 32)], data: padded(filter.data) }, 200, `${inputs} weights`, limit),
      h("figcaption", {}, `one for each of ${inputs} inputs: red is for, blue against`));
  }
  const shown = Array.from({ length: Math.min(inputs, FILTERS) }, (_, k) => picture(at(filter, k), inputs > 1 ? 36 : 120, `Filter for input ${k}, ${height} by ${width} weights`, limit));
  const each = inputs > 1 ? `one for each of ${inputs} maps below${inputs > FILTERS ? `, the first ${FILTERS} shown` : ""}; ` : "";
  return h("figure", {}, h("h4", {}, `Its filter${whose}`), h("div", { class: "row" }, shown), h("figcaption", {}, `${each}red wants ${inputs > 1 ? "a strong answer" : "bright"}, blue ${inputs > 1 ? "a weak one" : "dark"}`));
}

function padded(data) {
  const columns = Math.min(data.length, 32), full = new Float32Array(Math.ceil(data.length / columns) * columns);
  full.set(data);
  return full;
}

function patches({ patches: found, values, labels, whole, why }, run) {
  if (!found) return h("p", { class: "hint" }, why);
  const items = Array.from({ length: found.shape[0] }, (_, k) => {
    const name = run.classes[labels.data[k]];
    return h("li", {}, picture(at(found, k), 56, `From an image of ${name}, answer ${number(values.data[k])}`), name, h("br"), number(values.data[k]));
  });
  return h("div", {}, h("h4", {}, whole ? "Test images that it answers to most" : "Pieces of test images that it answers to most (grey: beyond the border)"), h("ul", { class: "patches" }, items));
}
