"use strict";

// The tape: scalar operations in the order in which they were recorded, operands before results. It computes values and
// local derivatives from the first to the last, and adjoints δ back from the last to the first.

class Tape {
  // d: ops, names of operations; op, for each node an index of ops, or -1 for a leaf; in, for each node its operands;
  // c, constant parameters; v, numbers of leaves; w, 1 for a node that wants a gradient; shown, by node of the page its
  // place here. An operation returns its value and the derivatives by its operands, null for one that was not selected.
  constructor(d, operations) {
    this.length = d.op.length;
    this.functions = d.op.map((o) => (o < 0 ? null : operations[d.ops[o]]));
    this.operands = d.in;
    this.params = d.c || {};
    this.wants = d.w;
    this.shown = d.shown;
    this.isShown = new Uint8Array(this.length);
    for (const i of d.shown) this.isShown[i] = 1;
    this.leaves = new Float64Array(this.length);
    for (const [i, v] of Object.entries(d.v)) this.leaves[i] = Number(v);
    this.recorded = this.leaves.slice();
  }

  // run computes all values, with the value of node at, if there is one, replaced.
  run(at, replaced, slopes) {
    const v = new Float64Array(this.length);
    for (let i = 0; i < this.length; i++) {
      const f = this.functions[i];
      if (f === null) {
        v[i] = this.leaves[i];
      } else {
        const [y, s] = f(...this.operands[i].map((u) => v[u]), ...(this.params[i] || []).map(Number));
        v[i] = y;
        if (slopes) slopes[i] = s;
      }
      if (i === at) v[i] = replaced;
    }
    return v;
  }

  // compute fills in values, slopes (the local derivatives of each node by its operands) and adjoints.
  compute(root, seed) {
    this.slopes = [];
    this.values = this.run(-1, 0, this.slopes);
    this.adjoints = this.sweep(root, seed);
  }

  // sweep is the backward sweep. An adjoint that is exactly 0 contributes 0, whatever the derivative.
  sweep(root, seed) {
    const adj = new Float64Array(this.length);
    adj[root] = seed;
    for (let i = root; i >= 0; i--) {
      if (adj[i] === 0 || !this.wants[i] || this.functions[i] === null) continue;
      this.operands[i].forEach((u, j) => {
        if (this.wants[u]) adj[u] += this.passed(i, j, adj[i]);
      });
    }
    return adj;
  }

  // passed is what node i passes on to its operand j for an adjoint w: nothing to what was not selected, whatever w.
  passed(i, j, w) {
    const d = this.slopes[i][j] ?? null;
    return w === 0 || d === null ? 0 : w * d;
  }

  // through returns what an adjoint w of node top passes on to the shown nodes that it reaches through nodes that are not:
  // for 1, the derivatives by them.
  through(top, w) {
    const adj = new Map([[top, w]]);
    const found = new Map();
    for (let i = top; adj.size > 0; i--) {
      if (!adj.has(i)) continue;
      const passing = adj.get(i);
      adj.delete(i);
      if (this.functions[i] === null || !this.wants[i]) continue;
      this.operands[i].forEach((u, j) => {
        if (!this.wants[u]) return;
        const to = !this.isShown[u] ? adj : i === top ? null : found;
        if (to) to.set(u, (to.get(u) ?? 0) + this.passed(i, j, passing));
      });
    }
    return found;
  }

  // measure returns the derivative of the root by node i as central differences find it: a leaf is moved, and of any
  // other node the value is replaced and what depends on it computed anew.
  measure(root, i) {
    const x = this.values[i];
    const h = 1e-5 * Math.max(1, Math.abs(x));
    const up = x + h;
    const down = x - h;
    return (this.run(i, up)[root] - this.run(i, down)[root]) / (up - down);
  }
}

// agrees reports whether a derivative and what differences measured are the same but for rounding.
function agrees(derivative, measured, value) {
  if (!(Math.abs(derivative - measured) <= Infinity)) return Object.is(derivative, measured);
  const size = Math.max(Math.abs(derivative), Math.abs(measured));
  return Math.abs(derivative - measured) <= 1e-5 * size + 1e-9 * Math.max(1, Math.abs(value));
}
