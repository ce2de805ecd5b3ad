// Graphviz as the page sees it. It is loaded when the first graph is to be laid out.

import { Stopped } from "./engine.js";

export class Layout {
  #worker = null;
  #waiting = new Map();
  #next = 0;

  /** place returns a promise of what Graphviz answers to each of some graphs. */
  place(dots) {
    if (!this.#worker) {
      this.#worker = new Worker(new URL("layout-worker.js", import.meta.url), { type: "module" });
      this.#worker.onmessage = ({ data: { id, texts, failed } }) => {
        const { resolve, reject } = this.#waiting.get(id);
        this.#waiting.delete(id);
        if (texts) resolve(texts);
        else reject(new Error(`Graphviz cannot lay out the graph: ${failed}`));
      };
      this.#worker.onerror = (event) => {
        event.preventDefault();
        this.stop(new Error(`Graphviz cannot be loaded: ${event.message ?? "its script does not run"}`));
      };
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, dots });
    });
  }

  /** stop ends what is under way. */
  stop(err = new Stopped("Stopped.")) {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(err);
    this.#waiting.clear();
  }

  /** busy tells whether a graph is being laid out. */
  get busy() {
    return this.#waiting.size > 0;
  }
}
