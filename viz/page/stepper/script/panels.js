"use strict";

// The tape as a table, and the sliders.

class TapeTable {
  constructor(state) {
    this.state = state;
    this.rows = state.nodes.map((n) => {
      const cells = [element("th", { scope: "row" }, n.n), element("td", { class: "value" }), element("td", { class: "delta" })];
      return { row: element("tr", {}, ...cells), value: cells[1], delta: cells[2] };
    });
    const head = element("tr", {}, element("th", { scope: "col" }, "node"), element("th", { scope: "col" }, "value ↓"), element("th", { scope: "col" }, "δ ↑"));
    this.scroller = element(
      "div",
      { class: "scroller", tabindex: 0, role: "region", "aria-label": "The tape" },
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...this.rows.map((r) => r.row))),
    );
    this.element = element("section", { class: "card tape" }, element("h2", {}, "The tape: values down, δ back up"), this.scroller);
  }

  update(view) {
    const s = this.state;
    this.rows.forEach(({ row, value, delta }, k) => {
      const n = s.nodes[k];
      const d = view.delta[k];
      value.textContent = !view.known[k] ? "·" : n.t ? inLine(n.t.v) : number(s.value[k], 6);
      delta.textContent = !n.w ? "" : d === null ? "·" : n.t ? inLine(n.t.d) : number(d, 6);
      if (view.wrong[k]) delta.append(element("b", { class: "bad" }, " ✗ wrong"), `, right: ${number(s.delta[k], 6)}`);
      const current = !view.step.none && view.step.node === k;
      row.className = (view.known[k] ? "" : "future ") + (current ? (view.step.forward ? "current forward" : "current back") : "");
      if (current) {
        row.setAttribute("aria-current", "step");
        this.reveal(row);
      } else {
        row.removeAttribute("aria-current");
      }
    });
  }

  // reveal scrolls a row to the middle unless it and its neighbours are in sight, with a whole row under the head.
  reveal(row) {
    const box = this.scroller;
    const head = box.querySelector("thead").offsetHeight;
    const { offsetTop: top, offsetHeight: height } = row;
    if (top - height >= box.scrollTop + head && top + 2 * height <= box.scrollTop + box.clientHeight) return;
    const above = top - Math.max(0, box.clientHeight - head - height) / 2;
    const first = this.rows.find((r) => r.row.offsetTop >= above);
    box.scrollTop = first.row.offsetTop - head;
  }
}

class Sliders {
  constructor(state, onchange) {
    this.state = state;
    this.rows = [];
    const list = element("div", { class: "sliders" });
    state.nodes.forEach((n, k) => {
      if (n.k !== "leaf" && n.k !== "constant") return;
      const v = Number.isFinite(state.value[k]) ? state.value[k] : 0;
      const reach = Math.max(1, 2 * Math.abs(v)) || 1;
      const span = Math.pow(10, Math.floor(Math.log10(reach)));
      const end = Math.ceil(reach / span) * span;
      const input = element("input", { type: "range", min: v - end, max: v + end, step: end / 200, "aria-label": n.n, "data-leaf": n.n });
      const value = element("output", {});
      const delta = element("output", { class: "delta" });
      input.addEventListener("input", () => {
        state.move(k, Number(input.value));
        onchange();
      });
      this.rows.push({ k, input, value, delta });
      list.append(element("div", { class: "slider" }, element("span", {}, n.n), input, value, delta));
    });
    const reset = element("button", { type: "button", onclick: () => this.reset(onchange) }, "Reset");
    this.element = element("section", { class: "card leaves" }, element("h2", {}, "Leaves: move one, and all is computed anew ", reset), list);
    this.show();
  }

  reset(onchange) {
    this.state.restore();
    this.show();
    onchange();
  }

  show() {
    for (const r of this.rows) r.input.value = this.state.value[r.k];
  }

  update(view) {
    const s = this.state;
    for (const { k, value, delta, input } of this.rows) {
      value.textContent = number(s.value[k], 4);
      input.setAttribute("aria-valuetext", number(s.value[k], 4));
      delta.textContent = !s.nodes[k].w ? "" : view.delta[k] === null ? "δ ·" : "δ " + number(view.delta[k], 4);
    }
  }
}
