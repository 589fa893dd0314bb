// The page: which views this run has, and which of them is shown. Each view is a module with `show(main, run)`.

import { get, problem } from "./api.js";
import { fill, h, panel } from "./dom.js";

const TITLES = { image: "Look inside", codes: "Code plane", gates: "Gates", step: "One training step", training: "Training" };

let run = null, leave = null, turn = 0;

async function start() {
  try {
    run = await get("/api/run");
  } catch (error) {
    problem(error.message);
    return;
  }
  document.getElementById("about").textContent = run.broken ? run.run : `${run.run} · ${run.summary} Data: ${run.data}. ${run.parameters.toLocaleString("en")} parameters.`;
  document.title = `${run.run} – netcore explorer`;
  fill(document.getElementById("views"), run.views.map((name) => h("li", {}, h("a", { href: `#${name}` }, TITLES[name]))));
  if (run.broken) broken();
  else await route();
}

function broken() {
  fill(document.getElementById("main"), panel("This run cannot be opened", "The folder is there, but something in it is missing, damaged, or of another kind.",
    h("p", { role: "alert" }, run.broken),
    h("p", {}, "Is it the right folder? A training that has just begun has no weights yet: wait for its first checkpoint. A folder that was damaged can be made again by ", h("code", {}, "netcore train RECIPE --run FOLDER"), "."),
    h("button", { onclick: start }, "Try again")));
}

async function route() {
  if (!run || run.broken) return;
  const wanted = location.hash.slice(1), name = run.views.includes(wanted) ? wanted : run.live && !wanted ? "training" : run.views[0];
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (leave) leave();
  leave = null;
  problem("");
  const mine = ++turn, main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  try {
    const view = await import(`./view-${name}.js`);
    const shown = await view.show(main, run);
    if (mine === turn) leave = shown && shown.leave;
    else if (shown && shown.leave) shown.leave();
  } catch (error) {
    problem(error.message);
  }
  main.removeAttribute("aria-busy");
}

document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
window.addEventListener("hashchange", route);
start();
