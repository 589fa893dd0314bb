// Elements from code. Text becomes text nodes, never markup, so nothing that a run is called can become a part of the page.

export function h(tag, settings = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(settings)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

let count = 0;

// A named region: a heading, a sentence that says what it means, and whatever is in it.
export function panel(title, hint, ...children) {
  const id = `panel-${++count}`;
  return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, title), hint ? h("p", { class: "hint" }, hint) : null, ...children);
}

// A control with its label before it.
export function labelled(text, control) {
  return h("label", { class: "row" }, h("span", {}, text), control);
}

// A text that screen readers speak when it changes.
export const spoken = (settings = {}) => h("p", { role: "status", "aria-live": "polite", ...settings });

export function fill(place, ...children) {
  place.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

export const number = (value, digits = 3) => {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replace("-", "−");
  return value.toPrecision(digits).replace("-", "−").replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
};

export const bytes = (size) => (size < 1000 ? `${size} B` : size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`);

export const percent = (share) => (share >= 0.9995 ? "100 %" : share < 0.0005 ? "0 %" : `${(100 * share).toPrecision(share < 0.1 ? 2 : 3)} %`);
