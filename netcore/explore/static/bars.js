// Probabilities as bars, the likeliest first or in the given order.

import { h, percent } from "./dom.js";

// rows: [{name, share, right}]
export function bars(rows, kind = "") {
  return h("ol", { class: `bars ${kind}` }, rows.map(({ name, share, right }) => {
    const fill = h("div", { class: "fill" });
    fill.style.width = `${100 * share}%`;
    return h("li", { class: right ? "right" : "" }, h("span", { class: "name", title: name }, name), h("div", { class: "track", "aria-hidden": "true" }, fill),
      h("span", { class: "value" }, percent(share)));
  }));
}
