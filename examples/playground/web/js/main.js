// The page: two views, and the engine that both use.

import { Engine } from "./engine.js";
import { Networks } from "./networks.js";
import * as address from "./address.js";

const $ = (id) => document.getElementById(id);

const words = { loading: "loading the engine …", ready: "", busy: "", failed: "the engine cannot be started: " };
let patience; // until the button to stop is shown

function onState(state, message = "") {
  document.body.dataset.engine = state;
  $("engine-state").textContent = words[state] + message;
  clearTimeout(patience);
  if (state === "busy") patience = setTimeout(() => { $("stop").hidden = false; $("engine-state").textContent = "working …"; }, 400);
  else $("stop").hidden = true;
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = text === "";
}

const engine = new Engine(onState);
const networks = new Networks(engine, notice);

$("stop").addEventListener("click", () => {
  engine.stop();
  networks.lost();
  notice("Stopped. The engine was started anew: what it had learned is gone, what you have set is not.");
});

const views = ["expression", "networks"];

function choose(view) {
  for (const name of views) {
    $(`view-${name}`).hidden = name !== view;
    $(`tab-${name}`).setAttribute("aria-selected", String(name === view));
    $(`tab-${name}`).tabIndex = name === view ? 0 : -1;
  }
}

for (const [i, name] of views.entries()) {
  $(`tab-${name}`).addEventListener("click", () => choose(name));
  $(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = views[(i + 1) % views.length];
    choose(other);
    $(`tab-${other}`).focus();
  });
}

choose(views.includes(address.read().get("view")) ? address.read().get("view") : "networks");
try {
  const { answer } = await engine.call("options");
  await networks.begin(answer);
} catch (err) {
  notice(err.message);
}
