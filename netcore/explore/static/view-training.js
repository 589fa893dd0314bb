// View 5: how the training went, or goes: curves and filters, asked for once a second while it runs.
// The server's side: netcore/explore/curves.py and live.py.

import { at, get, newest } from "./api.js";
import { chart, legendOf } from "./chart.js";
import { largest, style } from "./colour.js";
import { fill, h, number, panel, percent, spoken } from "./dom.js";
import { picture } from "./picture.js";

const EVERY = 1000; // milliseconds between two questions
const OVER = { finished: "Training has finished.", interrupted: "Training was interrupted.", failed: "Training has failed; the terminal says why.", stopped: "This training has not come to its end." };

export async function show(main, run) {
  const said = spoken({ class: "answer" }), more = h("p", { class: "hint chars" }), loss = h("div"), metric = h("div"), filters = h("div"), numbers = h("div");
  let timer = null, gone = false, heading = "";
  const metricPanel = panel("How well it does", "Measured after each epoch on examples that it does not learn from.", metric);
  const filterPanel = panel("What the first layer looks for", "One picture for each unit: red wants bright, blue wants dark. Before training they are noise.", filters);
  fill(main, h("p", { class: "intro" }, "Each epoch goes once through the training data. The loss says how wrong the network is: it should fall."),
    h("div", { class: "stack" }, panel("Where it stands", null, said, more),
      h("div", { class: "columns even" }, panel("How wrong it is", "If the dashed line rises while the other still falls, it learns the examples by heart.", loss), metricPanel),
      filterPanel, panel("The numbers", null, numbers)));

  const update = newest(async () => {
    const told = await get("/api/training");
    if (gone) return;
    const over = told.state in OVER, epoch = told.history.length;
    const text = over ? OVER[told.state] : `Training: epoch ${Math.min(epoch + 1, told.epochs)} of ${told.epochs}.`;
    if (text !== heading) said.textContent = heading = text;
    more.textContent = `${told.step.toLocaleString("en")} steps, ${epoch} of ${told.epochs} epochs.${over && run.live ? ` This page ends with it; see more by: ${told.explore}` : ""}${told.state === "interrupted" || told.state === "stopped" ? ` Unless it still runs, go on with: ${told.resume}` : ""}`;
    draw(told);
    if (!over) timer = setTimeout(update, EVERY);
  });

  function draw({ history, metric: measured, losses, filters: found, filters_of: of, filters_count: count, epochs }) {
    const wide = Math.max(240, loss.clientWidth), value = `val_${measured.name}`, batches = Array.from({ length: losses.shape[0] }, (_, k) => [losses.data[2 * k], losses.data[2 * k + 1]]);
    const held = history.some((row) => "val_loss" in row);
    const lines = [{ name: "on training data", colour: style("blue"), points: history.map((row) => [row.step, row.loss]) }];
    if (held) lines.push({ name: "on held-out data", colour: style("red"), points: history.map((row) => [row.step, row.val_loss]) });
    if (batches.length) lines.push({ name: "batch by batch", colour: style("soft"), points: batches, thin: true });
    const last = history.at(-1), text = last ? `Loss over steps: from ${number(history[0].loss)} to ${number(last.loss)} after ${history.length} epochs.` : "Loss over steps, so far of the first epoch.";
    fill(loss, chart(lines, wide, { x: "steps", y: "loss" }, text), legendOf(lines));
    metricPanel.hidden = !history.length || !(value in history[0]);
    if (!metricPanel.hidden) {
      const measures = [{ name: `${measured.label}, held-out data`, colour: style("red"), points: history.map((row) => [row.epoch, row[value] === null ? null : measured.share ? 100 * row[value] : row[value]]) }];
      const shown = (row) => (measured.share ? percent(row[value]) : number(row[value], 4));
      fill(metric, chart(measures, wide, { x: `epochs, of ${epochs}`, y: measured.share ? `${measured.label}, %` : measured.label }, `${measured.label}: from ${shown(history[0])} to ${shown(last)}.`),
        h("p", {}, `${measured.label}: `, h("strong", {}, shown(last))));
    }
    filterPanel.hidden = !found;
    if (found) {
      const limit = largest(found.data), drawn = Array.from({ length: found.shape[0] }, (_, k) => picture(summed(at(found, k)), 48, `Filter ${k} of layer ${of}`, limit));
      fill(filters, h("div", { class: "row" }, drawn), count > found.shape[0] ? h("p", { class: "small" }, `The first ${found.shape[0]} of ${count}.`) : null);
    }
    fill(numbers, table(history));
  }

  await update();
  return { leave: () => { gone = true; clearTimeout(timer); } };
}

// A filter over several colours as one picture: their mean.
function summed({ shape: [channels, height, width], data }) {
  const size = height * width, sum = new Float32Array(size);
  data.forEach((value, k) => { sum[k % size] += value / channels; });
  return { shape: [height, width], data: sum };
}

function table(history) {
  if (!history.length) return h("p", { class: "waits" }, "After the first epoch they stand here.");
  const names = Object.keys(history.at(-1));
  const rows = history.map((row) => h("tr", {}, names.map((name) => h("td", { class: "n" }, name === "epoch" || name === "step" ? String(row[name]) : number(row[name], 4)))));
  return h("details", {}, h("summary", {}, `All ${history.length} epochs as a table`),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of epochs" },
      h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", class: "n" }, name.replaceAll("_", " "))))), h("tbody", {}, rows))));
}
