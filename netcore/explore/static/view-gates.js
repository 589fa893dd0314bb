// View 3: a character model reads a text: gates, state, and what it expects next, character by character.
// The server's side: netcore/explore/texts.py.

import { newest, post } from "./api.js";
import { bars } from "./bars.js";
import { largest } from "./colour.js";
import { fill, h, labelled, number, panel, spoken } from "./dom.js";
import { CELL, heat, scale } from "./heat.js";
import { legend } from "./picture.js";

const FIRST = "She had been forced into prudence in her youth,";
const LONGEST = 400, EXPECTED = 8, PAUSE = 250;
const MEANS = {
  input: ["Input gate i", "how much of the candidate enters the cell"],
  forget: ["Forget gate f", "how much of the cell's old state stays: 1 keeps it, 0 clears it"],
  candidate: ["Candidate g", "what could enter the cell"],
  output: ["Output gate o", "how much of the cell shows outside"],
  cell: ["Cell state c", "the memory: c = f · c before + i · g"],
  update: ["Update gate z", "how much of the old state stays: 1 keeps it, 0 replaces it"],
  reset: ["Reset gate r", "how much of the old state the candidate sees"],
  new: ["Candidate n", "what could become the state"],
  state: ["State h", "the memory"],
};
const seen = (c) => ({ "\n": "↵", " ": "␣", "\t": "⇥" })[c] || c;

export async function show(main) {
  const said = spoken({ class: "answer" }), left = spoken({ class: "small" }), list = h("div"), traces = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Gates over the text" });
  const reading = h("p", { class: "chars", "aria-hidden": "true" }), values = h("div");
  let told = null, now = 0, maps = [], waiting = null;

  const text = h("textarea", { maxlength: LONGEST, spellcheck: "false", "aria-label": "Text that the network reads", oninput: () => { clearTimeout(waiting); waiting = setTimeout(read, PAUSE); } });
  text.value = FIRST;
  const layer = h("select", { onchange: () => read() });
  const place = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Character of the text", oninput: () => go(Number(place.value)) });

  const read = newest(async () => {
    told = await post("/api/gates", { text: text.value, layer: Number(layer.value || 0) });
    if (layer.options.length !== told.layers) fill(layer, Array.from({ length: told.layers }, (_, k) => h("option", { value: k }, `${k + 1} of ${told.layers}`)));
    left.textContent = told.left_out ? `Left out, since the network has never seen them: ${[...told.left_out].map(seen).join(" ")}` : "";
    const length = [...told.text].length;
    place.max = length - 1;
    draw();
    go(length - 1);
  });

  function draw() {
    maps = [];
    if (!told.gates) { fill(traces); return; }
    const letters = h("div", { class: "letters", "aria-hidden": "true" }, [...told.text].map((c) => h("span", {}, seen(c))));
    const parts = Object.entries(told.gates).map(([name, trace]) => {
      const [title, meaning] = MEANS[name], gate = title.includes("gate");
      const map = heat(trace, gate ? 0 : largest(trace.data), `${title} of ${trace.shape[1]} units over ${trace.shape[0]} characters`, go);
      maps.push(map);
      return h("figure", {}, h("h3", { class: "fixed" }, `${title}: `, h("span", { class: "small" }, meaning)), map.canvas);
    });
    for (const span of letters.children) span.style.width = `${CELL}px`;
    fill(traces, letters, parts);
  }

  function go(to) {
    const chars = [...told.text], [, symbols] = told.probabilities.shape;
    now = Math.min(Math.max(to, 0), chars.length - 1);
    place.value = now;
    const shares = told.probabilities.data.subarray(now * symbols, (now + 1) * symbols), names = [...told.symbols], follows = chars[now + 1];
    const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]), best = order.slice(0, EXPECTED), actual = names.indexOf(follows);
    if (actual >= 0 && !best.includes(actual)) best.push(actual);
    said.textContent = `After ‘${seen(chars[now])}’ it expects ‘${seen(names[order[0]])}’${follows === undefined ? "" : `; ‘${seen(follows)}’ follows`}`;
    place.setAttribute("aria-valuetext", `${now + 1} of ${chars.length}. ${said.textContent}`);
    fill(list, bars(best.map((k) => ({ name: seen(names[k]), share: shares[k], right: k === actual })), "short"));
    fill(reading, chars.slice(0, now).join(""), h("span", { class: "now" }, chars[now] === "\n" ? "↵" : chars[now]), chars.slice(now + 1).join(""));
    for (const map of maps) map.draw(now);
    const shown = now * CELL;
    if (shown < traces.scrollLeft || shown > traces.scrollLeft + traces.clientWidth - 2 * CELL) traces.scrollLeft = shown - traces.clientWidth / 2;
    if (told.gates) fill(values, table());
  }

  function table() {
    const gates = Object.entries(told.gates), units = told.units.shape[0];
    const rows = Array.from({ length: units }, (_, u) => h("tr", {}, h("th", { scope: "row" }, `unit ${told.units.data[u]}`),
      gates.map(([, trace]) => h("td", { class: "n" }, number(trace.data[now * units + u], 2)))));
    return h("details", {}, h("summary", {}, "The marked column as numbers"), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of gates" },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, ""), gates.map(([name]) => h("th", { scope: "col", class: "n" }, name)))), h("tbody", {}, rows))));
  }

  fill(main, h("p", { class: "intro" }, "Type a text. The network reads it one character after the other; after each it says which character it expects next, and its gates decide what it remembers."),
    h("div", { class: "columns" },
      h("div", { class: "stack stays" },
        panel("The text", "Then move along it, with the slider or by a click on the maps.", text, left, h("div", { class: "row" }, place), reading),
        panel("What it expects next", "The likeliest characters. ✓ marks the one that really follows.", said, list)),
      panel("Gates and memory", "Each row is one unit, each column one character. Shown are the units that change most.",
        h("div", { class: "row" }, labelled("Layer", layer), scale()), legend("negative", "0", "positive"), traces, values)));
  await read();
  return { leave: () => clearTimeout(waiting) };
}
