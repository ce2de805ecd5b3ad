// A graph with its stepper, in an element of the page.

export class Graph {
  #engine;
  #layout;
  #root;
  #driver = null;

  constructor(engine, layout, root) {
    this.#engine = engine;
    this.#layout = layout;
    this.#root = root;
  }

  /** show draws what the engine has sketched, unless late says that it is not wanted any more. */
  async show(sketch, late) {
    let data = sketch.data;
    if (!data) {
      const [wide, narrow] = await this.#layout.place([sketch.wide, sketch.narrow]);
      if (late()) return;
      ({ answer: data } = await this.#engine.call("place", { number: sketch.number, wide, narrow }));
      if (late()) return;
    }
    this.#driver?.stop();
    this.#root.className = "";
    const told = (step, steps) => Object.assign(this.#root.dataset, { step, steps });
    this.#driver = chainrule.stepper(this.#root, data, { operations: chainruleOperations, onstep: told });
    told(this.#driver.step, this.#driver.steps);
  }

  /** say shows a text in place of a graph. */
  say(text) {
    this.#driver?.stop();
    this.#driver = null;
    this.#root.className = "hint";
    this.#root.textContent = text;
  }

  /** owns tells whether a key is meant for the graph: pressed in it, or nowhere in particular. */
  owns(event) {
    return this.#root.closest(".card").contains(event.target) || event.target === document.body;
  }

  /** key handles a key, and returns whether it did. */
  key(event) {
    return this.#driver?.key(event) ?? false;
  }

  /** refit fits the drawing to its place, when it is shown. */
  refit() {
    this.#driver?.refit();
  }
}
