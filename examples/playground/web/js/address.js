// The address of the page holds everything that was set, so that it can be shared and reloaded.

/** read returns what the address holds, as URLSearchParams. */
export function read() {
  return new URLSearchParams(location.hash.slice(1));
}

/** longest is the length of an address that browsers and messages pass on. What is longer is not shared. */
export const longest = 8000;

/** write puts parameters into the address, without an entry in the history for each. */
export function write(params) {
  let size = 0;
  for (const [key, value] of params) size += key.length + value.length;
  const text = size < longest ? params.toString() : "";
  const hash = "#" + (text.length < longest ? text : new URLSearchParams({ view: params.get("view") }));
  if (hash !== location.hash) history.replaceState(null, "", hash);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** pack returns points in four characters each: a byte for a coordinate, and the class. */
export function pack(points, extent) {
  const byte = (v) => Math.round((v / extent + 1) / 2 * 255);
  return points.map((p) => {
    const bits = (byte(p.x) << 16) | (byte(p.y) << 8) | p.c;
    return [18, 12, 6, 0].map((shift) => alphabet[(bits >> shift) & 63]).join("");
  }).join("");
}

/** unpack is the reverse of pack. It leaves out what is no point. */
export function unpack(text, extent) {
  const points = [];
  for (let i = 0; i + 4 <= text.length; i += 4) {
    const digits = [...text.slice(i, i + 4)].map((letter) => alphabet.indexOf(letter));
    if (digits.includes(-1)) continue;
    const bits = digits.reduce((sum, digit) => sum * 64 + digit, 0);
    const number = (byte) => (byte / 255 * 2 - 1) * extent;
    points.push({ x: number((bits >> 16) & 255), y: number((bits >> 8) & 255), c: bits & 255 });
  }
  return points;
}
