// The settings of a network, between the controls, the address and the engine.

import { pack, unpack } from "./address.js";

// Each setting: its control's name, its name in the address, where it is in the engine's settings, and how to read it.
const whole = (text) => (/^\d+$/.test(text.trim()) ? Number(text) : NaN);
const real = (text) => (text.trim() === "" ? NaN : Number(text));
const word = (text) => text;
const fields = [
  ["data", "data", ["data", "kind"], word],
  ["count", "n", ["data", "count"], whole],
  ["noise", "noise", ["data", "noise"], real],
  ["validation", "valid", ["data", "validation"], real],
  ["activation", "act", ["activation"], word],
  ["keep", "keep", ["keep"], real],
  ["l2", "l2", ["l2"], real],
  ["batch", "batch", ["batch"], whole],
  ["optimizer", "opt", ["optimizer"], word],
  ["rate", "rate", ["rate"], real],
  ["patience", "patience", ["patience"], whole],
  ["epochs", "epochs", ["epochs"], whole],
];

const get = (settings, path) => path.reduce((at, key) => at[key], settings);
const set = (settings, path, v) => { path.slice(0, -1).reduce((at, key) => at[key], settings)[path.at(-1)] = v; };

/** names are those of the controls. */
export const names = fields.map(([name]) => name);

/** control returns the control of a setting. */
export const control = (name) => document.getElementById(`set-${name}`);

/** show puts settings into the controls. */
export function show(settings) {
  for (const [name, , path] of fields) control(name).value = get(settings, path);
}

/** take reads a control into the settings. It returns what is wrong with it, or "". */
export function take(settings, name) {
  const [, , path, read] = fields.find(([n]) => n === name);
  const v = read(control(name).value);
  if (typeof v === "number" && !Number.isFinite(v)) return read === whole ? "write a whole number" : "write a number, such as 0.1";
  set(settings, path, v);
  return "";
}

/** toAddress returns the parameters for settings, those that are not the defaults. */
export function toAddress(settings, defaults, extent) {
  const params = new URLSearchParams({ view: "networks" });
  for (const [, key, path] of fields) {
    if (get(settings, path) !== get(defaults, path)) params.set(key, get(settings, path));
  }
  if (settings.hidden.join("-") !== defaults.hidden.join("-")) params.set("layers", settings.hidden.join("-"));
  if (settings.seed !== defaults.seed) params.set("seed", settings.seed);
  if (settings.data.seed !== defaults.data.seed) params.set("dseed", settings.data.seed);
  if (settings.data.kind === "drawn") params.set("points", pack(settings.data.points ?? [], extent));
  return params;
}

/** fromAddress returns the settings that an address holds. What is not a number there is the default. */
export function fromAddress(params, defaults, extent) {
  const settings = structuredClone(defaults);
  for (const [, key, path, read] of fields) {
    if (!params.has(key)) continue;
    const v = read(params.get(key));
    if (typeof v === "string" || Number.isFinite(v)) set(settings, path, v);
  }
  if (params.has("layers")) settings.hidden = params.get("layers").split("-").filter((n) => n !== "").map(whole).map((n) => (Number.isNaN(n) ? 0 : n));
  for (const [key, path] of [["seed", ["seed"]], ["dseed", ["data", "seed"]]]) {
    if (Number.isSafeInteger(whole(params.get(key) ?? ""))) set(settings, path, whole(params.get(key)));
  }
  if (params.has("points")) settings.data.points = unpack(params.get("points"), extent);
  return settings;
}
