// Numbers as colours that the colour-blind can tell apart: blue, white, vermilion for signed ones (Okabe and Ito, 2008), and viridis
// for shares from 0 to 1. Each returns [red, green, blue].

const BLUE = [0, 91, 150], WHITE = [247, 247, 247], RED = [200, 76, 0];
const VIRIDIS = [[68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140], [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37]];
export const SERIES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

const mix = (a, b, t) => [0, 1, 2].map((k) => a[k] + t * (b[k] - a[k]));

// t from -1 to 1.
export const signed = (t) => mix(WHITE, t < 0 ? BLUE : RED, Math.min(Math.abs(t), 1));

// t from 0 to 1.
export function share(t) {
  const place = Math.min(Math.max(t, 0), 1) * (VIRIDIS.length - 1), k = Math.min(Math.floor(place), VIRIDIS.length - 2);
  return mix(VIRIDIS[k], VIRIDIS[k + 1], place - k);
}

export const grey = (t) => { const g = 255 * Math.min(Math.max(t, 0), 1); return [g, g, g]; };

// A colour of the page's own style, as it is in the present light or dark scheme.
export const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function largest(data) {
  let most = 0;
  for (const value of data) { const size = Math.abs(value); if (size > most) most = size; }
  return most || 1;
}
