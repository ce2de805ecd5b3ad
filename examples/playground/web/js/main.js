// The page: two views, and the engine that both use.

import { Engine } from "./engine.js";
import { Layout } from "./layout.js";
import { Expression } from "./expression.js";
import { Networks } from "./networks.js";
import * as address from "./address.js";

const $ = (id) => document.getElementById(id);

const words = { loading: "loading the engine …", ready: "", busy: "", failed: "the engine cannot be started: " };
const patience = 400; // milliseconds until a button to stop is shown
let waiting;

function onState(state, message = "") {
  document.body.dataset.engine = state;
  $("engine-state").textContent = words[state] + message;
  clearTimeout(waiting);
  if (state === "busy") {
    waiting = setTimeout(() => {
      $("stop").hidden = false;
      $("engine-state").textContent = "working …";
    }, patience);
  } else $("stop").hidden = true;
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = text === "";
}

const views = ["expression", "networks"];
const engine = new Engine(onState, onLost);
const layout = new Layout();
const expression = new Expression(engine, layout, notice, (params) => current === "expression" && address.write(params));
const networks = new Networks(engine, layout, notice, (params) => current === "networks" && address.write(params));
const parts = { expression, networks };
const loaded = new Set();
let current = "";

$("stop").addEventListener("click", () => engine.stop("Stopped. The engine was started anew: what was learned is gone, what you have set is not."));

function onLost(message) {
  expression.stop();
  layout.stop();
  networks.lost();
  notice(message);
}

// choose shows a view. Its first time, it takes what the address holds for it.
function choose(view) {
  if (view === current) return;
  if (current) parts[current].leave?.();
  current = view;
  for (const name of views) {
    $(`view-${name}`).hidden = name !== view;
    $(`tab-${name}`).setAttribute("aria-selected", String(name === view));
    $(`tab-${name}`).tabIndex = name === view ? 0 : -1;
  }
  notice("");
  if (!loaded.has(view)) {
    loaded.add(view);
    parts[view].load();
  } else {
    address.write(parts[view].address());
    parts[view].refit();
  }
}

for (const [i, name] of views.entries()) {
  $(`tab-${name}`).addEventListener("click", () => choose(name));
  $(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.stopPropagation();
    const other = views[(i + 1) % views.length];
    choose(other);
    $(`tab-${other}`).focus();
  });
}

// An address that is typed or pasted while the page is open is taken whole.
addEventListener("hashchange", () => {
  loaded.clear();
  const view = address.read().get("view");
  if (view === current || !views.includes(view)) {
    loaded.add(current);
    parts[current].load();
  } else choose(view);
});

try {
  const { answer } = await engine.call("options");
  networks.begin(answer);
  const view = address.read().get("view");
  choose(views.includes(view) ? view : "networks");
} catch (err) {
  notice(err.message);
}
