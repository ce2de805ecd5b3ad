// The engine as the page sees it: calls that are promises, and a way to stop one.

/** A Stopped is what a call fails with that was stopped. */
export class Stopped extends Error {}

/** A Fault is what a call fails with that the engine refused: with a field, or a line and a column. */
export class Fault extends Error {
  constructor({ message, field, line, column }) {
    super(message);
    Object.assign(this, { field, line, column });
  }
}

export class Engine {
  #worker;
  #waiting = new Map(); // calls under way, by number
  #next = 0;
  #onState;
  #onLost;

  /**
   * onState is told "loading", "ready", "busy" and "failed", the last with a message; onLost, why the engine was started
   * anew, with nothing of what it held.
   */
  constructor(onState, onLost) {
    this.#onState = onState;
    this.#onLost = onLost;
    this.#start();
  }

  #start() {
    this.#onState("loading");
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => {
      if (data.ready) this.#onState(this.#waiting.size ? "busy" : "ready");
      else if (data.failed) this.#fail(data.failed);
      else if (data.ended) this.stop("The engine came to its end, most often for lack of memory, and was started anew: ask for less.");
      else this.#answer(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(event.message || "its script cannot be loaded");
    };
  }

  #fail(message) {
    this.#onState("failed", message);
    this.#drop(new Error(message));
  }

  #drop(err) {
    for (const { reject } of this.#waiting.values()) reject(err);
    this.#waiting.clear();
  }

  #answer({ id, answer, bytes }) {
    const call = this.#waiting.get(id);
    if (!call) return;
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#onState("ready");
    if (answer?.fault) call.reject(new Fault(answer.fault));
    else call.resolve({ answer, bytes });
  }

  /** call returns a promise of {answer, bytes}. */
  call(name, arg) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      if (document.body.dataset.engine === "ready") this.#onState("busy");
      this.#worker.postMessage({ id, name, arg });
    });
  }

  /** stop ends whatever is under way, and starts the engine anew: what it held is gone. */
  stop(message) {
    this.#worker.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#start();
    for (const { reject } of waiting) reject(new Stopped(message));
    this.#onLost(message);
  }
}
