// The view in which an expression is typed and differentiated.

import { Fault, Stopped } from "./engine.js";
import { Graph } from "./graph.js";
import * as address from "./address.js";

const pause = 300; // milliseconds after the last key before the engine is asked

const $ = (id) => document.getElementById(id);

/** examples are what the view begins with, and others to choose. */
const examples = [
  ["x·sin(y) + x²", "x*sin(y) + square(x)", ["x=2", "y=0.5"]],
  ["one neuron, and half its squared error", "0.5*square(sigmoid(w1*x1 + w2*x2 + b) - t)", ["x1=0.05", "x2=0.1", "w1=0.15", "w2=0.2", "b=0.35", "t=0.01"]],
  ["a value that is used twice", "(a + a)*(a + a)", ["a=3"]],
  ["softmax of a matrix times a vector", "sum(softmax(matmul(w, x), 0) * log1p(x*x))", ["w=[[1, 2], [3, 4]]", "x=[0.5, -1]"]],
  ["cross-entropy of three classes", "cross_entropy(logits, 2)", ["logits=[[0.5, -1, 2]]"]],
  ["log det of a covariance", "logdet(matmul(a, transpose(a)))", ["a=[[2, 1], [0.5, 1]]"]],
  ["0 · ∞: what the diagnosis is for", "square(sqrt(x)) + y", ["x=0", "y=1"]],
  ["a kink", "relu(x) + abs(x)", ["x=0"]],
];

export class Expression {
  #engine;
  #notice;
  #turn = 0; // counts what has been asked for, so that an answer that is late is dropped
  #timer = 0;
  #values = new Map(); // what was typed for a name, kept while the expression is without it
  #names = [];
  #graph;
  #onChange;

  /** onChange is called when the address is to change. */
  constructor(engine, layout, notice, onChange) {
    this.#engine = engine;
    this.#graph = new Graph(engine, layout, $("graph"));
    this.#notice = notice;
    this.#onChange = onChange;
    $("example").append(...examples.map(([title], i) => new Option(title, i)));
    $("example").addEventListener("change", () => {
      const [, text, leaves] = examples[$("example").value] ?? [];
      if (text) this.set(text, leaves);
    });
    $("expression").addEventListener("input", () => this.#soon());
    $("explain-name").addEventListener("change", () => this.#explain());
    document.addEventListener("keydown", (event) => {
      if ($("graph-card").checkVisibility() && this.#graph.owns(event) && this.#graph.key(event)) event.preventDefault();
    });
  }

  /** load takes the expression from the address. */
  load() {
    const params = address.read();
    if (params.has("e")) this.set(params.get("e"), params.getAll("let"));
    else this.set(examples[0][1], examples[0][2]);
  }

  /** set shows an expression with its leaves, name=value. */
  set(text, leaves) {
    $("expression").value = text;
    for (const leaf of leaves) {
      const at = leaf.indexOf("=");
      if (at > 0) this.#values.set(leaf.slice(0, at), leaf.slice(at + 1));
    }
    for (const name of this.#names) {
      const value = leaves.find((leaf) => leaf.startsWith(`${name}=`));
      if (value) this.#field(name).value = value.slice(name.length + 1);
    }
    this.evaluate();
  }

  /** address returns the parameters for what is typed. */
  address() {
    const params = new URLSearchParams({ view: "expression", e: $("expression").value });
    for (const name of this.#names) params.append("let", `${name}=${this.#values.get(name)}`);
    return params;
  }

  #field(name) {
    return document.getElementById(`leaf-${name}`);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.evaluate(), pause);
  }

  /** evaluate asks the engine for everything about the expression, what is fast first. */
  async evaluate() {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const late = () => turn !== this.#turn;
    const text = $("expression").value;
    this.#clearFaults();
    this.#notice("");
    $("view-expression").dataset.state = "working";
    try {
      const { answer: { names } } = await this.#engine.call("expression.names", { text });
      if (late()) return;
      this.#leaves(names);
      this.#onChange(this.address());
      const leaves = names.map((name) => ({ name, value: this.#values.get(name) }));
      const { answer } = await this.#engine.call("expression.solve", { text, leaves });
      if (late()) return;
      this.#show(answer);
      const study = await this.#engine.call("expression.study");
      if (late()) return;
      this.#study(study.answer);
      await this.#draw(late);
      if (late()) return;
      this.#explain();
      $("view-expression").dataset.state = "done";
    } catch (err) {
      if (!late()) this.#failed(err);
    }
  }

  // draw shows the graph, or why there is no picture of it.
  async #draw(late) {
    $("graph-card").hidden = false;
    try {
      const { answer } = await this.#engine.call("expression.draw");
      if (!late()) await this.#graph.show(answer, late);
    } catch (err) {
      if (late() || !(err instanceof Fault)) throw err;
      this.#graph.say(err.message);
    }
  }

  // leaves shows a field for each name. What was typed for a name before stays.
  #leaves(names) {
    if (names.join() === this.#names.join()) return;
    const focus = document.activeElement?.id;
    this.#names = names;
    $("leaves").replaceChildren(...names.map((name) => {
      if (!this.#values.has(name)) this.#values.set(name, "1");
      const div = document.createElement("div"), label = document.createElement("label"), input = document.createElement("input"), fault = document.createElement("p");
      Object.assign(label, { textContent: name, htmlFor: `leaf-${name}` });
      Object.assign(input, { id: `leaf-${name}`, value: this.#values.get(name), autocomplete: "off", spellcheck: false });
      input.setAttribute("aria-describedby", `fault-leaf-${name}`);
      Object.assign(fault, { id: `fault-leaf-${name}`, className: "fault" });
      fault.setAttribute("role", "alert");
      input.addEventListener("input", () => {
        this.#values.set(name, input.value);
        this.#soon();
      });
      div.append(label, input, fault);
      return div;
    }));
    $("no-leaves").hidden = names.length > 0;
    if (focus) document.getElementById(focus)?.focus();
  }

  #clearFaults() {
    for (const fault of document.querySelectorAll("#view-expression .fault")) fault.replaceChildren();
    for (const field of document.querySelectorAll("#view-expression [aria-invalid]")) field.removeAttribute("aria-invalid");
  }

  #failed(err) {
    const view = $("view-expression");
    view.dataset.state = "fault";
    for (const id of ["results", "more", "graph-card"]) $(id).hidden = true;
    if (err instanceof Stopped) return this.#notice(err.message);
    const field = err instanceof Fault && err.field ? document.getElementById(err.field) : null;
    if (!field) return this.#notice(err.message);
    field.setAttribute("aria-invalid", "true");
    document.getElementById(`fault-${err.field}`).replaceChildren(...marked(field.value, err));
  }

  #show({ result, value, leaves, nodes }) {
    for (const name of document.querySelectorAll("#results .result")) name.textContent = result;
    $("results").hidden = $("more").hidden = false;
    $("value").textContent = value.text;
    $("value").dataset.value = String(value.numbers[0]);
    $("nodes").textContent = nodes;
    const rows = leaves.map(({ name, value, gradient }) => {
      const row = document.createElement("tr");
      const cell = (tag, text, classes = "") => {
        const td = document.createElement(tag);
        td.textContent = text;
        td.className = classes;
        row.append(td);
        return td;
      };
      cell("th", name).scope = "row";
      cell("td", value.shape || "number", "dim");
      const g = cell("td", gradient.text, "gradient");
      g.dataset.gradient = gradient.numbers.map((v) => v ?? NaN).join(" ");
      g.dataset.name = name;
      cell("td", "…", "check");
      return row;
    });
    $("gradients").tBodies[0].replaceChildren(...rows);
    $("gradients").hidden = rows.length === 0;
    $("diagnosis").textContent = "…";
    $("explain-name").replaceChildren(...leaves.map(({ name }) => new Option(`∂${result}/∂${name}`, name)));
    $("explain-part").hidden = leaves.length === 0;
  }

  #study({ checks, labels, hessian, noHessian, diagnosis }) {
    [...$("gradients").tBodies[0].rows].forEach((row, i) => {
      const { short, explain } = checks[i], cell = row.cells[3];
      cell.textContent = { ok: "✓ agrees", differs: "✗ differs", "too large": "too large", failed: "not there" }[short];
      cell.classList.toggle("bad", short === "differs");
      cell.dataset.check = short;
      if (explain) {
        const note = document.createElement("tr"), td = document.createElement("td");
        Object.assign(td, { colSpan: 4, className: "note", textContent: explain });
        note.append(td);
        row.after(note);
      }
    });
    // Nodes without a name are called as in the graph.
    $("diagnosis").textContent = diagnosis.replaceAll(/%(\d+)/g, "v$1") || "Nothing: every value and every derivative is finite, and no derivative of 0 hides an infinite one.";
    $("diagnosis").dataset.found = String(diagnosis !== "");
    $("diagnosis").classList.toggle("bad", diagnosis !== "");
    $("no-hessian").textContent = noHessian;
    $("hessian").hidden = noHessian !== "";
    const head = document.createElement("tr");
    head.append(document.createElement("td"), ...labels.map((label) => scoped("col", label)));
    $("hessian").tHead.replaceChildren(head);
    $("hessian").tBodies[0].replaceChildren(...hessian.map((numbers, i) => {
      const row = document.createElement("tr");
      row.append(scoped("row", labels[i]), ...numbers.map((v, j) => {
        const td = document.createElement("td");
        td.textContent = short(Number(v ?? NaN));
        td.dataset.second = String(v ?? NaN);
        td.dataset.of = `${labels[i]} ${labels[j]}`;
        return td;
      }));
      return row;
    }));
  }

  async #explain() {
    const name = $("explain-name").value;
    if (!name) return;
    const turn = this.#turn;
    try {
      const { answer } = await this.#engine.call("expression.explain", { name });
      if (turn === this.#turn) $("explanation").textContent = answer.text;
    } catch (err) {
      if (turn === this.#turn) $("explanation").textContent = err.message;
    }
  }

  /** stop drops what has been asked for. */
  stop() {
    this.#turn++;
    $("view-expression").dataset.state = "stopped";
  }

  /** refit fits the drawing to its place, when it is shown. */
  refit() {
    this.#graph.refit();
  }
}

function scoped(scope, text) {
  const th = document.createElement("th");
  th.scope = scope;
  th.textContent = text;
  return th;
}

function short(v) {
  return Number.isFinite(v) ? String(Number(v.toPrecision(6))) : String(v).replace("Infinity", "∞");
}

// marked returns what is wrong with a text: the line of it with a mark at the column, and the message.
function marked(text, { message, line, column }) {
  const p = document.createElement("span");
  p.textContent = message;
  if (!column) return [p];
  const letters = [...(text.split("\n", line || 1).at(-1) ?? "").slice(0, 2 * column + 80)]; // a letter may take two places
  const from = Math.max(0, column - 30), at = column - 1;
  const pre = document.createElement("code"), mark = document.createElement("mark");
  pre.className = "place";
  mark.textContent = letters[at] ?? " ";
  mark.dataset.column = column;
  pre.append((from > 0 ? "…" : "") + letters.slice(from, at).join(""), mark, letters.slice(at + 1, at + 30).join("") + (letters.length > at + 30 ? "…" : ""));
  const where = document.createElement("b");
  where.textContent = line > 1 ? `line ${line}, column ${column}: ` : `column ${column}: `;
  return [pre, where, p];
}
