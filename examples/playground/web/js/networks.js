// The view in which a network is laid out and trained.

import { Fault, Stopped } from "./engine.js";
import { Plane } from "./plane.js";
import { Update } from "./update.js";
import { Diagram } from "./diagram.js";
import { Curves, short } from "./curves.js";
import { classes, css, onTheme, shapes } from "./palette.js";
import * as address from "./address.js";
import * as settings from "./settings.js";

const frame = 1000 / 30; // milliseconds
const work = 18; // of them for training; the rest is for the pictures

const $ = (id) => document.getElementById(id);

/** titles of what there is to choose. */
const titles = {
  moons: "two moons", circles: "two circles", xor: "exclusive or", spiral: "two spirals", arms: "three arms", waves: "waves (regression)",
  drawn: "drawn by hand", tanh: "tanh", sigmoid: "sigmoid σ", relu: "ReLU", gelu: "GELU", identity: "none",
  sgd: "gradient descent", momentum: "with momentum", rmsprop: "RMSProp", adam: "Adam",
};

export class Networks {
  #engine;
  #update;
  #notice;
  #onChange;
  #options;
  #now; // the settings
  #points = []; // as the engine has them
  #outputs = 1;
  #classes = 2;
  #running = false;
  #made = false; // whether the engine has the network
  #turn = 0; // counts what has been asked for, so that an answer that is late is dropped
  #plane;
  #diagram;
  #curves;

  /** notice shows a message that belongs to no setting, onChange is called when the address is to change. */
  constructor(engine, layout, notice, onChange) {
    this.#engine = engine;
    this.#update = new Update(engine, layout, (point) => this.#plane?.ring(point));
    this.#notice = notice;
    this.#onChange = onChange;
  }

  /** begin takes what there is to choose. */
  begin(options) {
    this.#options = options;
    this.#plane = new Plane($("plane"), options.extent, (change) => this.#draw(change));
    this.#diagram = new Diagram($("diagram"), { layers: options.maxLayers, nodes: options.maxNodes }, (hidden) => this.#relayer(hidden));
    this.#curves = new Curves($("curves"));
    this.#fill("set-data", [...options.kinds, "drawn"]);
    this.#fill("set-activation", options.activations);
    this.#fill("set-optimizer", options.optimizers);
    this.#pens();
    this.#listen();
  }

  /** load takes the settings from the address. */
  load() {
    this.#now = settings.fromAddress(address.read(), this.#options.defaults, this.#options.extent);
    settings.show(this.#now);
    this.#renew();
  }

  /** address returns the parameters for what is set. */
  address() {
    return settings.toAddress(this.#now, this.#options.defaults, this.#options.extent);
  }

  #fill(id, names) {
    $(id).replaceChildren(...names.map((name) => new Option(titles[name] ?? name, name)));
  }

  // pens makes the tools of the pen.
  #pens() {
    const tools = [["", "look"], ...classes.slice(0, this.#options.maxClasses).map((c, k) => [String(k), `class ${k + 1}`]), ["erase", "erase"]];
    for (const [value, text] of tools) {
      const label = document.createElement("label"), input = document.createElement("input");
      Object.assign(input, { type: "radio", name: "pen", value, checked: value === "" });
      input.addEventListener("change", () => this.#choosePen(value));
      label.append(input);
      if (value !== "" && value !== "erase") {
        const mark = document.createElement("span");
        mark.className = `mark ${shapes[value]}`;
        mark.style.setProperty("--of", css(classes[value]));
        label.append(mark);
      }
      label.append(text);
      $("pen").append(label);
    }
    this.#choosePen("");
  }

  #choosePen(value) {
    this.#plane.pen = value === "" ? null : value === "erase" ? "erase" : Number(value);
    $("plane-hint").textContent = value === "" ? "Filled: training. Hollow: validation. Choose a class to draw points of your own."
      : value === "erase" ? "Click a point to erase it." : "Click to add a point; or move the cross with the arrow keys and press Enter.";
  }

  #listen() {
    for (const name of settings.names) settings.control(name).addEventListener("change", () => this.#changed(name));
    $("train").addEventListener("click", () => (this.#running ? this.pause() : this.#run()));
    $("epoch").addEventListener("click", () => this.#once({ epoch: true }));
    $("update").addEventListener("click", () => this.#look());
    $("restart").addEventListener("click", () => { this.#now.seed++; this.#renew(); });
    $("points").addEventListener("click", () => { this.#now.data.seed++; this.#renew(); });
    $("log").addEventListener("change", () => { this.#curves.log = $("log").checked; });
    $("share").addEventListener("click", () => this.#share());
    onTheme(() => this.refit());
    addEventListener("resize", () => this.refit());
  }

  async #share() {
    this.#onChange(this.address());
    try {
      await navigator.clipboard.writeText(location.href);
      $("share").textContent = "Copied";
    } catch {
      $("share").textContent = "It is in the address bar";
    }
    setTimeout(() => { $("share").textContent = "Copy link"; }, 2000);
  }

  #fault(name, text) {
    const at = $(`fault-${name}`);
    if (!at) return false;
    at.textContent = text;
    settings.control(name)?.setAttribute("aria-invalid", String(text !== ""));
    return true;
  }

  #clearFaults() {
    for (const name of [...settings.names, "hidden"]) this.#fault(name, "");
    this.#notice("");
  }

  // changed takes a setting from its control. The rate is changed as training goes on, all others begin anew.
  #changed(name) {
    const wrong = settings.take(this.#now, name);
    if (wrong) {
      this.#fault(name, wrong);
      return;
    }
    if (name === "data" && this.#now.data.kind === "drawn" && !this.#now.data.points?.length) this.#now.data.points = this.#copied();
    if (name === "rate" && this.#made) {
      this.#fault(name, "");
      this.#onChange(this.address());
      if (!this.#running) this.#once({ steps: 0 });
      return;
    }
    this.#renew();
  }

  #relayer(hidden) {
    this.#now.hidden = hidden;
    this.#renew();
  }

  // copied returns the points that are shown, to go on from, as the address can hold them.
  #copied() {
    if (this.#classes === 0) return [];
    const at = this.#options.extent, inside = (p) => Math.abs(p.x) <= at && Math.abs(p.y) <= at;
    return address.unpack(address.pack(this.#points.filter(inside), at), at);
  }

  #draw({ add, erase }) {
    const data = this.#now.data;
    if (data.kind !== "drawn") {
      data.points = this.#copied();
      if (erase !== undefined) {
        const p = this.#points[erase], near = (q) => (q.x - p.x) ** 2 + (q.y - p.y) ** 2;
        erase = data.points.reduce((best, q, i) => (near(q) < near(data.points[best]) ? i : best), 0);
      }
      data.kind = "drawn";
      settings.show(this.#now);
    }
    data.points ??= [];
    if (add) {
      if (data.points.length >= this.#options.maxPoints) {
        this.#fault("data", `there are ${data.points.length} points already: erase some`);
        return;
      }
      data.points.push(add);
    } else data.points.splice(erase, 1);
    this.#renew();
  }

  /** leave is called when another view is shown. */
  leave() {
    this.pause();
  }

  /** refit draws anew, when the view is shown again. */
  refit() {
    this.#plane.draw();
    this.#curves.draw();
    this.#update.refit();
  }

  /** pause ends the training after the frame that is under way. */
  pause() {
    this.#running = false;
    $("train").textContent = "Train";
    $("train").setAttribute("aria-pressed", "false");
  }

  /** lost is called when the engine was started anew: the network is gone, and another one of the same settings comes. */
  lost() {
    this.pause();
    this.#made = false;
    this.#enable(false);
    if (this.#now) this.#renew();
  }

  #enable(on) {
    for (const id of ["train", "epoch", "update"]) $(id).disabled = !on;
    $("restart").disabled = false;
  }

  // renew makes the network of the settings. A training that was running goes on with the new one.
  async #renew() {
    const turn = ++this.#turn, wasRunning = this.#running;
    this.#clearFaults();
    this.#update.hide();
    this.#onChange(this.address());
    try {
      const { answer, bytes } = await this.#engine.call("network.new", this.#now);
      if (turn !== this.#turn) return;
      this.#made = true;
      this.#points = answer.points;
      this.#classes = answer.classes;
      this.#outputs = answer.outputs;
      const r2 = answer.classes === 0;
      $("name-train").textContent = r2 ? "R², training" : "right, training";
      this.#curves.clear();
      this.#plane.show(this.#points, this.#classes);
      this.#diagram.build(this.#now.hidden, this.#outputs);
      this.#enable(true);
      this.#show(answer, bytes);
      if (!wasRunning) this.pause();
    } catch (err) {
      if (turn === this.#turn) this.#failed(err);
    }
  }

  #failed(err) {
    this.pause();
    if (err instanceof Stopped) return this.#notice(err.message);
    if (err instanceof Fault && err.field && this.#fault(err.field, err.message)) {
      this.#made = false;
      this.#enable(false);
      if (err.field === "hidden") this.#diagram.build(this.#possible(), this.#outputs);
      if (err.field === "data") this.#plane.show(this.#now.data.points ?? [], 2);
      return;
    }
    this.#notice(err.message);
  }

  // possible returns the hidden layers within the limits, to go on from where an address asks for more.
  #possible() {
    const { maxLayers, maxNodes } = this.#options;
    return this.#now.hidden.slice(0, maxLayers).map((n) => Math.max(1, Math.min(maxNodes, n)));
  }

  // once has the engine train and shows where it got.
  async #once(order) {
    this.pause();
    const turn = this.#turn;
    try {
      const { answer, bytes } = await this.#train(order);
      if (turn === this.#turn) this.#show(answer, bytes);
    } catch (err) {
      if (turn === this.#turn) this.#failed(err);
    }
  }

  // look takes an update apart, at the place where the training is.
  async #look() {
    this.pause();
    const turn = this.#turn;
    try {
      await this.#update.look();
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      $("step").scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
      $("h-step").focus({ preventScroll: true });
    } catch (err) {
      if (turn === this.#turn) this.#failed(err);
    }
  }

  #train(order) {
    return this.#engine.call("network.train", { ...order, rate: this.#now.rate });
  }

  // run trains frame by frame. The engine works on the next frame while the page draws this one, and is never asked for
  // more than one ahead.
  async #run() {
    if (!this.#made) return;
    if ($("net").dataset.ended) await this.#renew();
    if (!this.#made) return;
    this.#running = true;
    $("train").textContent = "Pause";
    $("train").setAttribute("aria-pressed", "true");
    const order = () => {
      const answer = this.#train({ steps: Number($("speed").value), milliseconds: work });
      answer.catch(() => {}); // it is awaited below
      return { turn: this.#turn, answer };
    };
    let due = performance.now();
    for (let next = order(); next;) {
      const { turn, answer } = next;
      next = null;
      try {
        const got = await answer;
        due = await until(due + frame);
        if (turn === this.#turn && got.answer.ended) this.pause();
        if (this.#running) next = order();
        if (turn === this.#turn) this.#show(got.answer, got.bytes);
      } catch (err) {
        if (turn === this.#turn) this.#failed(err);
        else if (this.#running) next = order();
      }
    }
  }

  #show(answer, bytes) {
    const cells = answer.side ** 2 * this.#outputs;
    this.#plane.learned(new Float32Array(bytes.buffer, bytes.byteOffset, cells), this.#outputs);
    this.#diagram.show(answer.weights, bytes.subarray(4 * cells), this.#running);
    const data = $("net").dataset;
    if (answer.epochs.length) {
      this.#curves.add(answer.epochs, answer.best);
      this.#curves.draw();
      const [epoch, ...rest] = answer.epochs.at(-1);
      const [trainLoss, validLoss, trainRight, validRight] = rest.map((v) => v ?? "");
      Object.assign(data, { epoch, trainLoss, validLoss, trainRight, validRight });
      $("show-epoch").textContent = epoch;
      const share = (v) => (v === "" ? "·" : this.#classes === 0 ? short(v) : `${(100 * v).toFixed(1)} %`);
      $("show-train").textContent = share(trainRight);
      $("show-valid").textContent = share(validRight);
    }
    data.steps = answer.steps;
    data.best = answer.best < 0 ? "" : answer.best;
    data.ended = answer.ended;
    $("show-steps").textContent = answer.steps;
    if ($("ended").textContent !== answer.ended) $("ended").textContent = answer.ended;
  }
}

// until waits for the first frame of the screen at a time, or half a frame before it, and returns the time.
async function until(time) {
  let now;
  do now = await new Promise((done) => requestAnimationFrame(done)); while (now < time - 8);
  return now;
}
