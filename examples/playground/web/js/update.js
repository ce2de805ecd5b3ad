// One update of a network, on one example: its graph step by step, and what it does to each number.

import { Graph } from "./graph.js";
import { short } from "./curves.js";

const $ = (id) => document.getElementById(id);

export class Update {
  #engine;
  #graph;
  #index = 0; // of the training example
  #turn = 0;
  #onPoint;

  /** onPoint is told which example is looked at, null for none. */
  constructor(engine, layout, onPoint) {
    this.#engine = engine;
    this.#onPoint = onPoint;
    this.#graph = new Graph(engine, layout, $("step-graph"));
    $("step-next").addEventListener("click", () => { this.#index++; this.#again(); });
    document.addEventListener("keydown", (event) => {
      if ($("step").checkVisibility() && this.#graph.owns(event) && this.#graph.key(event)) event.preventDefault();
    });
  }

  /** hide is called when the network is another one. */
  hide() {
    this.#turn++;
    $("step").hidden = true;
    this.#onPoint(null);
  }

  /** refit fits the drawing to its place. */
  refit() {
    this.#graph.refit();
  }

  /** look shows the update on the example whose turn it is. It fails as calls of the engine do. */
  async look() {
    const turn = ++this.#turn, late = () => turn !== this.#turn;
    const { answer } = await this.#engine.call("network.look", { index: this.#index });
    if (late()) return;
    $("step").hidden = false;
    this.#show(answer);
    this.#onPoint(answer.point);
    await this.#graph.show(answer, late);
  }

  async #again() {
    try {
      await this.look();
    } catch (err) {
      this.#graph.say(err.message);
    }
  }

  #show({ point, neurons, penalty, dropout, changes }) {
    const what = point.v === undefined ? `of class ${point.c + 1}` : `with the value ${short(point.v)}`;
    $("step-about").textContent = `The example at (${short(point.x)}, ${short(point.y)}), ${what}.` +
      (neurons ? "" : " The network is too large to show each neuron: a box is a whole layer.") +
      (dropout ? " Dropout is left out here: no node is dropped." : "") +
      (penalty ? " The penalty is not in the graph; it adds 2λw to the gradient of each weight." : "") +
      " Nothing is changed by looking.";
    const number = (v) => short(Number(v ?? NaN));
    const head = ["name", "where", "before", "∂l/∂ of it", ...(penalty ? ["of that 2λw"] : []), "after"];
    $("changes").tHead.replaceChildren(row(head.map((text) => cell("th", text, "col"))));
    $("changes").tBodies[0].replaceChildren(...changes.map((c) => {
      const cells = [c.place, number(c.before), number(c.gradient), ...(penalty ? [number(c.penalty)] : []), number(c.after)].map((text) => cell("td", text));
      const tr = row([cell("th", c.name, "row"), ...cells]);
      Object.assign(tr.dataset, { change: c.name, before: c.before, gradient: c.gradient, after: c.after });
      return tr;
    }));
  }
}

function row(cells) {
  const tr = document.createElement("tr");
  tr.append(...cells);
  return tr;
}

function cell(tag, text, scope) {
  const td = document.createElement(tag);
  td.textContent = text;
  if (scope) td.scope = scope;
  return td;
}
