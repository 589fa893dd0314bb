// View 1: draw something or take a test image, and watch it go through every layer. The server's side: netcore/explore/images.py.

import { get, newest, postPixels } from "./api.js";
import { bars } from "./bars.js";
import { fill, h, labelled, panel, percent, spoken } from "./dom.js";
import { Pad } from "./pad.js";
import { legend } from "./picture.js";
import { Tiles } from "./tiles.js";
import { unitPanel } from "./unit.js";

const SHOWN = 10; // classes

export async function show(main, run) {
  const said = spoken({ class: "answer" }), list = h("div"), truth = h("p", { class: "hint" }), penAt = spoken({ class: "small" });
  const layers = h("div");
  const tiles = new Map();
  let label = null, chosen = null;

  const pad = new Pad(run.shape, () => look(), (text) => { penAt.textContent = text; });
  pad.canvas.addEventListener("pointerdown", () => { told(null); });
  pad.canvas.addEventListener("keydown", () => { told(null); });

  function told(value) {
    label = value;
    truth.textContent = value === null ? "Your own drawing." : `This test image is labelled ${run.classes[value]}.`;
  }

  const look = newest(async () => {
    const pixels = pad.pixels.slice(), answer = await postPixels("/api/image", pixels);
    predict(answer.probabilities.data);
    draw(answer.layers);
    if (chosen) await unit(pixels);
  });

  function predict(shares) {
    const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]), best = order[0];
    const rows = (run.classes.length <= SHOWN ? [...shares.keys()] : order.slice(0, SHOWN));
    said.textContent = `Answer: ${run.classes[best]}, ${percent(shares[best])} sure`;
    fill(list, bars(rows.map((k) => ({ name: run.classes[k], share: shares[k], right: k === label }))));
  }

  function draw(found) {
    for (const { name, kind, says, units, shape, maps } of found) {
      if (!tiles.has(name)) {
        const tile = new Tiles(`${name}, ${kind}`, (index) => { chosen = { layer: name, unit: index }; unit(pad.pixels.slice()); });
        const rest = units > maps.shape[0] ? ` The first ${maps.shape[0]} are shown.` : "";
        layers.append(h("div", { class: "layer" }, h("h3", {}, `${name} · ${kind}`),
          h("p", { class: "small" }, `${shape.join(" × ")} numbers${says ? ": " + says : ""}.${rest}`), tile.canvas, tile.below));
        tiles.set(name, tile);
      }
      tiles.get(name).show(maps, layers.clientWidth || 320);
    }
  }

  const unit = newest(async (pixels) => {
    const asked = chosen, found = await postPixels("/api/unit", pixels, asked);
    for (const [name, tile] of tiles) {
      tile.mark(name === asked.layer);
      fill(tile.below, name === asked.layer ? unitPanel(found, run) : null);
    }
    pad.box = found.box;
    pad.draw();
  });

  let index = 0, count = 1;
  const which = h("input", { type: "number", min: 0, value: 0, onchange: () => example(Number(which.value)) });
  const example = newest(async (wanted) => {
    const limit = Math.max(count - 1, 0), found = await get("/api/example", { index: Math.min(Math.max(Math.trunc(wanted) || 0, 0), limit || 0) });
    if (!found.count) {
      which.disabled = true;
      pad.clear();
      truth.textContent = `There are no test images to take: ${found.why}`;
      return;
    }
    ({ index, count } = found);
    which.value = index;
    which.max = count - 1;
    told(found.label);
    pad.show(found.pixels.data);
  });
  const step = (by) => count && example((index + by + count) % count);

  fill(main,
    h("p", { class: "intro" }, "Put a picture in and see what the network makes of it. The picture goes through the layers from top to bottom; what comes out of the last one is the answer."),
    h("div", { class: "columns" },
      h("div", { class: "stack stays" },
        panel("What goes in", "Draw here, white on black, large and in the middle; or take an image that the network has not been trained on.",
          pad.canvas, penAt,
          h("div", { class: "row" }, h("button", { onclick: () => { told(null); pad.clear(); } }, "Clear"), labelled("Test image", which),
            h("div", { class: "pair" },
              h("button", { onclick: () => step(-1), "aria-label": "Previous test image" }, "◀"),
              h("button", { onclick: () => step(1), "aria-label": "Next test image" }, "▶"))),
          truth),
        panel("What comes out", "How likely the network holds each class to be.", said, list)),
      panel("What each layer makes of it",
        "Each tile is one unit. Choose one, by mouse or by arrow keys, to see which pattern it looks for, where it looks, and which test images excite it most.",
        legend("against", "no answer", "strong answer"), layers)));
  await example(0);
  return { redraw: look };
}
