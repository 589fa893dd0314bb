// View 2: the code plane of an auto-encoder: move a point in it and see what the decoder makes of that code.
// The server's side: netcore/explore/codes.py.

import { get, newest, post } from "./api.js";
import { fill, h, labelled, number, panel, percent, spoken } from "./dom.js";
import { picture } from "./picture.js";
import { Plane } from "./plane.js";

export async function show(main, run) {
  const said = spoken({ class: "small" }), decoded = h("div"), beside = h("div", { class: "row top" }), about = h("p", { class: "hint" }), map = h("div");
  let size = 2, count = 1;

  const field = (name, value) => h("input", { type: "number", min: 0, value, "aria-label": name, onchange: () => load() });
  const first = field("Number of the code across", 0), second = field("Number of the code upward", 1);
  const kind = h("select", { onchange: () => load() }, h("option", { value: "pca" }, "two principal directions"), h("option", { value: "two" }, "two numbers of the code"));
  const dimensions = h("span", { class: "row" }, first, "across,", second, "upward");
  const base = h("select", { onchange: () => start() }, h("option", { value: "" }, "the mean of all codes"), h("option", { value: "image" }, "the code of a test image"));
  const which = h("input", { type: "number", min: 0, value: 0, "aria-label": "Test image", onchange: () => start() });
  const plane = new Plane(() => move());
  const whole = (input, limit) => Math.min(Math.max(Math.trunc(Number(input.value)) || 0, 0), limit);
  const asked = () => ({ plane: kind.value, first: whole(first, size - 1), second: whole(second, size - 1) });
  const chosen = () => (base.value ? whole(which, count - 1) : null);

  const load = newest(async () => {
    const told = await get("/api/codes", asked());
    size = told.size;
    count = told.labels.shape[0];
    which.max = count - 1;
    first.max = second.max = size - 1;
    dimensions.hidden = kind.value === "pca";
    controls.hidden = size <= 2;
    about.textContent = size <= 2 ? `The code of this network is ${size === 2 ? "two numbers" : "one number"}, so the map shows all of it.`
      : `The code of this network is ${size} numbers. This plane holds ${percent(told.share)} of their variance; the other directions stay where they are.`;
    plane.show(told.points, told.labels, map.clientWidth || 320);
    await start();
  });

  // Put the point where the base's code lies, or into the middle.
  const start = newest(async () => {
    which.hidden = !base.value;
    const told = await decode(plane.middle(), chosen());
    plane.go(chosen() === null ? plane.middle() : [...told.base_point.data]);
  });

  const decode = ([u, v], image) => post("/api/decode", { ...asked(), u, v, base: image });
  const figure = (title, pixels, wide, text) => h("figure", {}, picture(pixels, wide, text), h("figcaption", {}, title));

  const move = newest(async () => {
    const [u, v] = plane.point, told = await decode([u, v], chosen()), name = run.classes[told.nearest_label];
    fill(decoded, picture(told.image, 260, `Decoded picture of the point ${number(u, 2)}, ${number(v, 2)}; the nearest test image is ${name}`));
    fill(beside, told.base_image ? figure("the chosen test image", told.base_image, 110, "The chosen test image") : null,
      figure(`nearest test image, of class ${name}`, told.nearest_image, 110, `Nearest test image, of class ${name}`));
    said.textContent = `Point ${number(u, 2)}, ${number(v, 2)}. The nearest test image is no. ${told.nearest}, of class ${name}.`;
  });

  const controls = h("div", {}, h("div", { class: "row" }, labelled("Plane", kind), dimensions), h("div", { class: "row" }, labelled("Other directions from", base), which));
  fill(main, h("p", { class: "intro" }, "The encoder turns each picture into a code of a few numbers; the decoder turns a code back into a picture. Move the point over the map and see which picture the decoder makes there, also where no real picture lies."),
    h("div", { class: "columns" },
      h("div", { class: "stack stays" }, panel("What the decoder makes of it", null, decoded, said, beside)),
      panel("Map of the codes", "Each number is one test image, standing for its class, where the encoder puts it. Drag the cross, or move it by the arrow keys.",
        about, controls, map, run.classes.every((name, k) => name === String(k)) ? null : h("p", { class: "small" }, run.classes.map((name, k) => `${k} ${name}`).join(" · ")))));
  fill(map, plane.canvas);
  await load();
}
