// View 4: one training step, phase by phase: caches appear on the way forward, gradients consume them on the way back.
// The server's side: netcore/explore/steps.py.

import { get } from "./api.js";
import { bytes, fill, h, number, panel, spoken } from "./dom.js";

const PACE = 700; // milliseconds between two events while it plays
const DECADES = 4; // of gradient norms that a bar can show

export async function show(main, run) {
  fill(main, h("p", {}, "Running one step…"));
  const told = await get("/api/step"), events = told.events, end = events.length - 1;
  const rows = pair(events), most = Math.max(...events.map((event) => event.held), 1);
  const largest = Math.max(...events.map((event) => event.norm_in || 0)) || 1;
  const said = spoken({ class: "answer" }), held = h("p", { class: "small" }), tank = h("div"), body = h("tbody"), weights = h("div");
  let now = 0, timer = null;

  const place = h("input", { type: "range", min: 0, max: end, value: 0, "aria-label": "Event of the step", oninput: () => { pause(); go(Number(place.value)); } });
  const play = h("button", { onclick: () => (timer ? pause() : start()) }, "▶ Play");
  const button = (text, name, where) => h("button", { "aria-label": name, onclick: () => { pause(); go(where()); } }, text);

  function start() {
    if (now === end) go(0);
    play.textContent = "❚❚ Pause";
    timer = setInterval(() => { if (now === end) pause(); else go(now + 1); }, PACE);
  }
  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Play";
  }

  function go(to) {
    now = Math.min(Math.max(to, 0), end);
    const event = events[now];
    place.value = now;
    place.setAttribute("aria-valuetext", `${now + 1} of ${events.length}: ${event.phase} ${event.layer || ""}`);
    said.textContent = `${now + 1} of ${events.length}. ${tell(event, told)}`;
    held.textContent = `Caches held: ${bytes(event.held)} in ${event.pending} pending forward ${event.pending === 1 ? "phase" : "phases"}`;
    fill(tank, meter(event.held / most, ""));
    fill(body, rows.map((row) => drawn(row, now, most, largest)));
    fill(weights, now === end ? updates(event) : h("p", { class: "waits" }, "The weights have not been moved yet."));
  }

  const columns = ["Layer", "Forward: puts out", "Its cache", "Backward: gradient that arrives", "Gradient of its weights"];
  fill(main,
    h("p", { class: "intro" }, `Training is many steps like this one, here on ${told.examples} examples. Forward, every layer computes its output and caches what its backward phase will need. Backward, in the opposite order, each gradient consumes a cache. Nothing is stored in the network: it is a copy.`),
    h("div", { class: "stack" },
      panel("The step", null,
        h("div", { class: "row" }, button("|◀", "First event", () => 0), button("◀", "Back", () => now - 1), play, button("▶", "Next", () => now + 1),
          button("▶|", "Last event", () => end), place),
        said, held, tank),
      panel("Layers", "Read down while it goes forward, then up while it goes backward. The bars of caches are bytes; those of gradients are lengths (norms), on a scale of powers of ten.",
        h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of layers" },
          h("table", { class: "steps", role: "table" }, h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))), body))),
      panel("The weights", `${told.optimizer} moves each weight against its gradient, here with the learning rate of a training's first step.`, weights)));
  go(0);
  return { leave: pause };
}

// One row for each forward phase, with the backward phase that consumes its cache: the last in is the first out.
function pair(events) {
  const rows = [], open = new Map();
  events.forEach((event, time) => {
    if (event.phase === "forward") {
      const row = { event, time, back: null, backTime: Infinity };
      rows.push(row);
      open.set(event.layer, [...(open.get(event.layer) || []), row]);
    } else if (event.layer !== undefined) {
      const row = open.get(event.layer).pop();
      Object.assign(row, { back: event, backTime: time });
    }
  });
  return rows;
}

function drawn({ event, time, back, backTime }, now, most, largest) {
  const forth = now >= time, consumed = now >= backTime, name = `${event.layer} · ${event.kind}`;
  const cells = [h("th", { scope: "row", role: "rowheader" }, name)];
  const cell = (label, ...inside) => h("td", { role: "cell", "data-label": label }, ...inside);
  cells.push(h("td", { role: "cell" }, forth ? event.shape_out : h("span", { class: "waits" }, "waits")));
  cells.push(cell(forth ? "cache" : null, !forth ? "" : consumed ? h("span", { class: "waits" }, `${back.phase === "dropped" ? "given up" : "consumed"} (${bytes(event.cache)})`)
    : [bytes(event.cache), meter(event.cache / most, "")]));
  if (!consumed) cells.push(cell(null), cell(null));
  else if (back.phase === "dropped") cells.push(cell("gradient", h("span", { class: "waits" }, "none needed")), cell(null));
  else {
    const length = back.norm_in ? Math.max(1 + Math.log10(back.norm_in / largest) / DECADES, 0.01) : 0;
    cells.push(cell("gradient", number(back.norm_in), meter(length, "back")));
    cells.push(cell(back.parameters.length ? "of weights" : null, back.parameters.map((p) => `${p.name} ${number(p.norm)}`).join(", ")));
  }
  return h("tr", { role: "row", class: now === time || now === backTime ? "now" : "" }, cells);
}

function meter(share, kind) {
  const fillPart = h("div");
  fillPart.style.width = `${100 * Math.min(share, 1)}%`;
  return h("div", { class: `meter ${kind}`, "aria-hidden": "true" }, fillPart);
}

function tell(event, told) {
  const name = event.layer === undefined ? "" : `${event.kind} ‘${event.layer}’`;
  const waiting = `${event.pending} ${event.pending === 1 ? "cache is" : "caches are"} pending.`;
  if (event.phase === "forward") return `Forward, ${name}: takes ${event.shape_in}, puts out ${event.shape_out}, caches ${bytes(event.cache)}. ${waiting}`;
  if (event.phase === "loss") return `The loss compares the output with what it should be: ${number(event.value, 4)}. From here it goes backward.`;
  if (event.phase === "dropped") return `${name} gives up its cache: nothing below it has weights to train. ${waiting}`;
  if (event.phase === "update") return `The update, with learning rate ${number(told.lr)}: measured without dropout, the loss on these examples goes from ${fell(event)}.`;
  const on = event.norm_out === null ? "nothing below it needs a gradient" : `one of length ${number(event.norm_out)} goes on to the layer below`;
  return `Backward, ${name}: a gradient of length ${number(event.norm_in)} arrives and consumes the cache of ${bytes(-event.cache)}; ${on}. ${waiting}`;
}

function fell({ loss_before: before, loss_after: after }) {
  return `${number(before, 4)} to ${number(after, 4)} (${after > before ? "+" : ""}${number(after - before, 2)})`;
}

function updates(event) {
  const head = ["Weights", "Length", "Moved by", "Share"].map((name, k) => h("th", { scope: "col", class: k ? "n" : "" }, name));
  const rows = event.parameters.map(({ name, size, by }) => h("tr", {}, h("th", { scope: "row" }, name),
    h("td", { class: "n" }, number(size)), h("td", { class: "n" }, number(by)), h("td", { class: "n" }, size ? `${number((100 * by) / size, 2)} %` : "")));
  return [h("p", { class: "answer" }, `The loss goes from ${fell(event)}.`),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of weights" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)))];
}
