// Questions to the server, and its answers: JSON with arrays behind it. The format is that of netcore/explore/wire.py.

// A float array of a given shape: {shape, data}. `size` is the product of the shape from an axis on.
function arrays(value, buffer, start) {
  if (Array.isArray(value)) return value.map((part) => arrays(part, buffer, start));
  if (value === null || typeof value !== "object") return value;
  if ("at" in value && "dtype" in value && "shape" in value) {
    const size = value.shape.reduce((a, b) => a * b, 1);
    const Kind = value.dtype === "f" ? Float32Array : Int32Array;
    return { shape: value.shape, data: new Kind(buffer, start + value.at, size) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, arrays(part, buffer, start)]));
}

async function ask(path, options) {
  let reply;
  try {
    reply = await fetch(path, options);
  } catch {
    throw new Error("The explorer's server does not answer. Was it ended? Start it again with: netcore explore RUN");
  }
  if (!reply.ok) {
    const told = await reply.text();
    let message = told;
    try { message = JSON.parse(told).error; } catch { /* a plain text */ }
    throw new Error(message || `the server answered ${reply.status}`);
  }
  const buffer = await reply.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return arrays(header, buffer, 4 + length);
}

const query = (asked) => (asked ? "?" + new URLSearchParams(asked) : "");

export const get = (path, asked) => ask(path + query(asked));
export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
export const postPixels = (path, pixels, asked) =>
  ask(path + query(asked), { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: pixels });

// Run `work` for the newest call only: while one is under way, later calls wait, and of those only the last one runs.
export function newest(work) {
  let busy = false, next = null;
  return async function run(...asked) {
    if (busy) { next = asked; return; }
    busy = true;
    try {
      await work(...asked);
      problem("");
    } catch (error) {
      problem(error.message);
    } finally {
      busy = false;
      if (next) { const again = next; next = null; run(...again); }
    }
  };
}

export function problem(text) {
  const place = document.getElementById("problem");
  if (place.textContent !== text) place.textContent = text;
}

// The part of an array at the first index k, as {shape, data}.
export function at(array, k) {
  const shape = array.shape.slice(1), size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: array.data.subarray(k * size, (k + 1) * size) };
}
