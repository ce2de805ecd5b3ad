// Colours of the pictures. They are those of Okabe and Ito (2008), which people tell apart however they see colours; a
// class also has a shape of its own, and a sign a dash.

/** classes are the colours of the classes, as [red, green, blue]. */
export const classes = [[0, 114, 178], [213, 94, 0], [0, 158, 115]];

/** shapes are the names of the shapes of the classes. */
export const shapes = ["circle", "square", "triangle"];

const dark = matchMedia("(prefers-color-scheme: dark)");

/** onTheme calls f when the page turns dark or light. */
export function onTheme(f) {
  dark.addEventListener("change", f);
}

/** ink returns the colours of the page's text, its dim text, lines and ground, from the style sheet. */
export function ink() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { text: of("--ink"), dim: of("--dim"), line: of("--line"), ground: of("--panel"), low: of("--low"), high: of("--high") };
}

/** ground returns the colour on which pictures of the plane stand. */
export function ground() {
  return dark.matches ? [29, 32, 36] : [255, 255, 255];
}

/** mix returns the colour between a and b, at t from 0 to 1. */
export function mix(a, b, t) {
  return [0, 1, 2].map((k) => a[k] + (b[k] - a[k]) * t);
}

/** css returns a colour as text. */
export function css([r, g, b]) {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
}

/** diverging returns 256 colours, from the first class's over the ground to the second's. */
export function diverging() {
  const table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const v = (i - 128) / 127;
    table.set([...mix(ground(), classes[v < 0 ? 0 : 1], Math.min(1, Math.abs(v)) * 0.85), 255], 4 * i);
  }
  return table;
}
