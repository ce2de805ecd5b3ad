"use strict";

// stepper shows a stepper in an element of a page and returns what drives it:
//
//   go(k)    shows step k, counted from 0
//   step     the step that is shown, and steps, how many there are
//   key(e)   handles a key: ←, →, space, Home, End; it returns whether it did
//   stop()   stops playing
//   reveal() scrolls the page to the node of the step, if that is out of sight and the drawing is not
//   refit()  fits the drawing to its place, after the page's looks have changed
//
// data is what the program wrote, options.operations the operations of its tape, and options.onstep a function that is
// told of every step.
function stepper(root, data, options) {
  const state = new State(data, options.operations || {});
  let k = 0;
  let timer = 0;

  const pane = element("div", { class: "pane" });
  const drawing = new Drawing(pane, state, pick);
  const card = new Card(state);
  const table = new TapeTable(state);
  const sliders = state.tape ? new Sliders(state, show) : null;
  const button = (label, name, f) => element("button", { type: "button", "aria-label": name, title: name, onclick: f }, label);
  const range = element("input", { type: "range", min: 0, step: 1, "aria-label": "step" });
  const position = element("span", { class: "position" });
  const play = button("▶ play", "play", toggle);
  const back = button("←", "one step back", () => go(k - 1));
  const on = button("→", "one step forward", () => go(k + 1));
  const bar = element("div", { class: "bar", role: "group", "aria-label": "Steps" }, back, on, play, range, position);
  range.addEventListener("input", () => go(Number(range.value)));
  const order = data.depth ? orderSwitch() : null;
  const whole = element("button", { type: "button", class: "whole", "aria-pressed": "false", onclick: toggleWhole }, "⤢ whole graph");
  const notes = (data.notes || []).map((t) => element("p", { class: "note" }, t));
  root.classList.add("stepper");
  root.replaceChildren(
    element("section", { class: "graph", "aria-label": "Graph" }, pane, whole, legend(), ...notes),
    element("div", { class: "side" }, element("div", { class: "sheet" }, bar, card.element), ...(order ? [order] : []), table.element),
    ...(sliders ? [sliders.element] : []),
  );

  function toggleWhole() {
    drawing.whole = !drawing.whole;
    whole.setAttribute("aria-pressed", String(drawing.whole));
    drawing.fit();
  }

  function legend() {
    const result = state.name(state.root);
    const box = data.sweep ? `its name, its value, and δ, the derivative of ${result} by it` : "its name and its value";
    return element("p", { class: "legend" }, `In a box: ${box}; · is not known yet. Dashed border: still to come. Thick border: this step, and what it takes from. On an edge: what passes along it.`);
  }

  function orderSwitch() {
    const name = "order" + Math.random().toString(36).slice(2);
    const option = (label, depth) => {
      const input = element("input", { type: "radio", name, value: depth ? "depth" : "tape", onchange: () => setOrder(depth) });
      input.checked = !depth;
      return element("label", {}, input, " " + label);
    };
    return element("fieldset", { class: "card order" }, element("legend", {}, "Order of the backward pass"), option("tape order", false), option("depth first (wrong)", true));
  }

  function setOrder(depth) {
    if (depth && !data.depth) return;
    const backward = k >= state.firstBack;
    state.depthFirst = depth;
    state.makeSteps();
    if (order) for (const i of order.querySelectorAll("input")) i.checked = (i.value === "depth") === depth;
    go(backward ? state.firstBack : k);
  }

  // pick goes to the step of a node: the one in which its value or, in the backward pass, its δ is computed.
  function pick(node) {
    const forward = state.order.indexOf(node);
    const backward = state.steps.findIndex((s) => !s.forward && s.node === node);
    const inBack = k >= state.firstBack;
    const to = inBack && backward >= 0 ? backward : forward >= 0 ? forward : backward;
    if (to >= 0) go(to);
  }

  function go(to) {
    k = Math.max(0, Math.min(state.steps.length - 1, to || 0));
    show();
    reveal();
    if (options.onstep) options.onstep(k, state.steps.length, state.depthFirst);
  }

  function reveal() {
    const sheet = card.element.parentNode; // covers the lower part of a narrow window
    drawing.reveal(getComputedStyle(sheet).position === "sticky" ? sheet.getBoundingClientRect().top : window.innerHeight);
  }

  function show() {
    const view = state.at(k);
    drawing.update(view);
    card.update(view);
    table.update(view);
    if (sliders) sliders.update(view);
    const last = Math.max(0, state.steps.length - 1);
    range.max = last;
    range.value = k;
    range.setAttribute("aria-valuetext", `step ${k + 1} of ${last + 1}`);
    position.textContent = `${k + 1} / ${last + 1}`;
    back.disabled = k === 0;
    on.disabled = k === last;
  }

  function toggle() {
    if (timer) {
      stop();
      return;
    }
    if (k === state.steps.length - 1) go(0);
    play.textContent = "⏸ pause";
    play.setAttribute("aria-label", "pause");
    timer = setInterval(() => {
      if (k >= state.steps.length - 1) stop();
      else go(k + 1);
    }, 1600);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶ play";
    play.setAttribute("aria-label", "play");
  }

  function key(e) {
    if (e.altKey || e.ctrlKey || e.metaKey) return false;
    const own = e.target instanceof Element && e.target.closest("input, select, textarea");
    const press = e.target instanceof Element && e.target.closest("button, a, summary");
    const keys = { ArrowLeft: () => go(k - 1), ArrowRight: () => go(k + 1), Home: () => go(0), End: () => go(state.steps.length - 1), " ": toggle };
    if (!(e.key in keys) || own || (e.key === " " && press)) return false;
    keys[e.key]();
    return true;
  }

  drawing.onfit = () => {
    whole.hidden = !drawing.large;
  };
  drawing.fit();
  show();
  return {
    go,
    key,
    stop,
    setOrder,
    reveal,
    refit: () => drawing.fit(),
    get step() {
      return k;
    },
    get steps() {
      return state.steps.length;
    },
    get depthFirst() {
      return state.depthFirst;
    },
  };
}
