// The network: a column for each layer, in each node a picture of what it passes on, between them the weights.

import { diverging } from "./palette.js";

const names = ["x₁", "x₂"];
const many = 300; // lines that can be changed in each frame

export class Diagram {
  #root;
  #limits;
  #onChange;
  #layers = [];
  #pictures = []; // canvases of the hidden nodes, in order
  #lines = []; // [layer][from][to]
  #svg;
  #frame = 0;

  /** onChange is told the nodes of the hidden layers that are wanted now. */
  constructor(root, limits, onChange) {
    this.#root = root;
    this.#limits = limits;
    this.#onChange = onChange;
    new ResizeObserver(() => this.#place()).observe(root);
  }

  /** build makes the network anew, with so many nodes in each hidden layer and at the output. */
  build(hidden, outputs) {
    const focus = document.activeElement?.dataset?.change;
    this.#layers = [];
    this.#pictures = [];
    this.#root.replaceChildren();
    this.#svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.#svg.setAttribute("aria-hidden", "true");
    this.#root.append(this.#svg);
    this.#column("input", null, names.map((name) => this.#node(name)));
    hidden.forEach((n, k) => {
      const nodes = Array.from({ length: n }, (_, i) => this.#node("", `node ${i + 1} of hidden layer ${k + 1}`));
      this.#column(`hidden ${k + 1}`, { hidden, k }, nodes);
    });
    const out = Array.from({ length: outputs }, (_, i) => this.#node(outputs > 1 ? `p${"₁₂₃"[i]}` : "out"));
    this.#column("output", null, out);
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.append(
      this.#button("add a layer", "layer+", hidden.length >= this.#limits.layers, () => this.#onChange([...hidden, hidden.at(-1) ?? 4])),
      this.#button("remove the last", "layer-", hidden.length === 0, () => this.#onChange(hidden.slice(0, -1))),
    );
    this.#root.append(tools);
    this.#wire();
    if (focus) this.#root.querySelector(`[data-change="${CSS.escape(focus)}"]`)?.focus();
  }

  #button(text, change, disabled, act, label) {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = text;
    b.dataset.change = change;
    b.disabled = disabled;
    if (label) b.setAttribute("aria-label", label);
    b.addEventListener("click", act);
    return b;
  }

  // node returns a node with a name, or with a picture.
  #node(name, label) {
    const div = document.createElement("div");
    div.className = "node";
    if (name) {
      div.textContent = name;
      return div;
    }
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 20;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    this.#pictures.push(canvas);
    div.append(canvas);
    return div;
  }

  #column(title, change, nodes) {
    const column = document.createElement("div");
    column.className = "column";
    const head = document.createElement("div");
    head.className = "head";
    head.textContent = title;
    if (change) {
      const { hidden, k } = change;
      const to = (n) => this.#onChange(hidden.map((was, i) => (i === k ? n : was)));
      const row = document.createElement("div");
      row.className = "count";
      const count = document.createElement("output");
      count.textContent = hidden[k];
      row.append(
        this.#button("−", `${k}-`, hidden[k] <= 1, () => to(hidden[k] - 1), `one node less in hidden layer ${k + 1}`),
        count,
        this.#button("+", `${k}+`, hidden[k] >= this.#limits.nodes, () => to(hidden[k] + 1), `one node more in hidden layer ${k + 1}`),
      );
      head.append(row);
    }
    const body = document.createElement("div");
    body.className = "nodes";
    body.append(...nodes);
    column.append(head, body);
    this.#root.append(column);
    this.#layers.push(nodes);
  }

  // wire makes the lines, which place then puts where the nodes are.
  #wire() {
    this.#lines = [];
    for (let k = 0; k + 1 < this.#layers.length; k++) {
      this.#lines.push(this.#layers[k].map(() => this.#layers[k + 1].map(() => {
        const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
        this.#svg.append(line);
        return line;
      })));
    }
    this.#place();
  }

  #place() {
    if (!this.#svg) return;
    const box = this.#root.getBoundingClientRect();
    const at = (node, side) => {
      const r = node.getBoundingClientRect();
      return [(side > 0 ? r.right : r.left) - box.left + this.#root.scrollLeft, r.top + r.height / 2 - box.top];
    };
    this.#svg.setAttribute("width", this.#root.scrollWidth);
    this.#svg.setAttribute("height", this.#root.scrollHeight);
    this.#lines.forEach((layer, k) => layer.forEach((row, i) => row.forEach((line, j) => {
      const [x1, y1] = at(this.#layers[k][i], 1), [x2, y2] = at(this.#layers[k + 1][j], -1);
      for (const [name, v] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, v);
    })));
  }

  /**
   * show draws the weights, and the pictures: bytes of size·size for each hidden node. While it is running, the lines of a
   * large network follow every few frames only.
   */
  show(weights, bytes, running) {
    const count = weights.reduce((sum, layer) => sum + layer.length * layer[0].length, 0);
    if (!running || this.#frame++ % Math.ceil(count / many) === 0) this.#weigh(weights);
    this.#paint(bytes);
  }

  #weigh(weights) {
    weights.forEach((layer, k) => layer.forEach((row, i) => row.forEach((w, j) => {
      const line = this.#lines[k]?.[i]?.[j];
      if (!line) return;
      line.setAttribute("class", w < 0 ? "low" : "high");
      line.setAttribute("stroke-width", Math.min(7, 0.4 + 1.4 * Math.abs(w)).toFixed(2));
    })));
  }

  #paint(bytes) {
    const colours = diverging();
    const area = 20 * 20;
    this.#pictures.forEach((canvas, n) => {
      const image = new ImageData(20, 20);
      for (let i = 0; i < area; i++) {
        const from = 4 * bytes[n * area + i];
        image.data.set(colours.subarray(from, from + 4), 4 * i);
      }
      canvas.getContext("2d").putImageData(image, 0, 0);
    });
  }
}
