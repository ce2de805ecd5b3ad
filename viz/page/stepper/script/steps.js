"use strict";

// The state of a stepper: the numbers as they are now, and the steps.

class State {
  // data is what the program wrote: nodes, each with a name n, a kind k, a value v and a derivative d or a tensor t, a
  // formula f, w if it gets a δ, and links l to the nodes that it uses: u, w if a gradient flows, the local derivative
  // d, its formula s, for tensors the formula t and the text p of what is passed on.
  constructor(data, operations) {
    this.data = data;
    this.nodes = data.nodes;
    this.root = data.root;
    this.tape = data.tape ? new Tape(data.tape, operations) : null;
    this.users = this.nodes.map(() => []); // by node: the links that pass something on to it
    this.nodes.forEach((n, k) => {
      n.l = n.l || [];
      for (const l of n.l) {
        l.by = k;
        if (l.w) this.users[l.u].push(l);
      }
    });
    this.order = [];
    this.nodes.forEach((n, k) => {
      if (n.k === "operation") this.order.push(k);
    });
    this.depthFirst = false;
    this.moved = false;
    this.restore();
    this.makeSteps();
  }

  name(k) {
    return isolated(this.nodes[k].n);
  }

  // symbol is the name of a node in a formula: in parentheses if it could be taken for a formula itself.
  symbol(k) {
    const name = this.name(k);
    return /[\s+*·/=<>,^−-]/.test(name) ? "(" + name + ")" : name;
  }

  // restore takes the numbers of the program that wrote the page, to the last bit.
  restore() {
    this.moved = false;
    this.value = this.nodes.map((n) => ("v" in n ? Number(n.v) : null));
    this.delta = this.nodes.map((n) => ("d" in n ? Number(n.d) : null));
    for (const n of this.nodes) for (const l of n.l) l.now = "d" in l ? Number(l.d) : null;
    if (this.tape) {
      this.tape.leaves.set(this.tape.recorded);
      this.tape.compute(this.tape.shown[this.root], Number(this.data.seed));
      for (const n of this.nodes) for (const l of n.l) if (l.w && l.now === null) l.now = this.passed(l, 1);
    }
    this.changed();
  }

  // move gives a leaf another number and computes everything anew.
  move(k, v) {
    const t = this.tape;
    this.moved = true;
    t.leaves[t.shown[k]] = v;
    t.compute(t.shown[this.root], Number(this.data.seed));
    this.nodes.forEach((n, i) => {
      this.value[i] = t.values[t.shown[i]];
      this.delta[i] = n.w ? t.adjoints[t.shown[i]] : null;
      for (const l of n.l) if (l.w) l.now = this.passed(l, 1);
    });
    this.changed();
  }

  changed() {
    this.measured = new Map();
    if (this.depthFirst) this.makeSteps();
  }

  // contribution is what passes along a link for a δ of the user.
  contribution(l, w) {
    if (w === 0 || l.now === null) return 0;
    return this.tape ? this.passed(l, w) : w * l.now;
  }

  // passed is contribution as the tape has it: for 1 the local derivative that a link stands for.
  passed(l, w) {
    const t = this.tape;
    const by = t.shown[l.by];
    return l.o >= 0 ? t.passed(by, l.o, w) : (t.through(by, w).get(t.shown[l.u]) ?? 0);
  }

  // measure returns what differences say of δ of a node, null if the page cannot compute.
  measure(k) {
    if (!this.tape) return null;
    if (!this.measured.has(k)) {
      this.measured.set(k, Number(this.data.seed) * this.tape.measure(this.tape.shown[this.root], this.tape.shown[k]));
    }
    return this.measured.get(k);
  }

  // makeSteps lists the steps: forward one for each operation, and backward one for each node that gets a δ, in the
  // reverse order of the tape; or, depth first, one for each link that something is passed along.
  makeSteps() {
    this.steps = this.order.map((k) => ({ forward: true, node: k }));
    this.firstBack = this.steps.length;
    if (!this.data.sweep) return;
    if (this.depthFirst) {
      this.makeDepthFirst();
      return;
    }
    for (let k = this.nodes.length - 1; k >= 0; k--) {
      if (this.nodes[k].w) this.steps.push({ forward: false, node: k, links: k === this.root ? [] : this.users[k] });
    }
  }

  // makeDepthFirst walks as a recursion would that passes the δ of a node on as soon as it is reached for the first time:
  // what arrives later stays behind.
  makeDepthFirst() {
    const sum = this.nodes.map(() => null);
    const passedOn = this.nodes.map(() => null);
    const step = (k, link, amount) => {
      sum[k] = (sum[k] ?? 0) + amount;
      this.steps.push({ forward: false, node: k, links: link ? [link] : [], amount, sum: sum.slice(), passed: passedOn.slice(), late: passedOn[k] !== null });
    };
    step(this.root, null, Number(this.data.seed));
    passedOn[this.root] = sum[this.root];
    const stack = [{ node: this.root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const links = this.nodes[top.node].l;
      if (top.next === links.length) {
        stack.pop();
        continue;
      }
      const l = links[top.next++];
      if (!l.w) continue;
      step(l.u, l, this.contribution(l, passedOn[top.node]));
      if (passedOn[l.u] === null) {
        passedOn[l.u] = sum[l.u];
        stack.push({ node: l.u, next: 0 });
      }
    }
  }

  // at describes step k: which values and δ are known.
  at(k) {
    const step = this.steps[k] || { forward: true, node: this.root, none: true };
    const known = this.nodes.map((n) => n.k !== "operation");
    this.order.forEach((n, i) => {
      if (i <= k) known[n] = true;
    });
    const delta = this.nodes.map(() => null);
    const wrong = this.nodes.map(() => false);
    if (this.depthFirst && !step.forward) {
      step.sum.forEach((w, n) => {
        delta[n] = w;
      });
      this.nodes.forEach((n, i) => {
        wrong[i] = delta[i] !== null && this.settled(i, k) && !same(delta[i], this.delta[i]);
      });
    } else {
      for (let i = this.firstBack; i <= k; i++) delta[this.steps[i].node] = this.delta[this.steps[i].node] ?? NaN;
    }
    return { k, step, known, delta, wrong };
  }

  // settled reports whether nothing more arrives at a node after step k, depth first.
  settled(node, k) {
    for (let i = k + 1; i < this.steps.length; i++) if (!this.steps[i].forward && this.steps[i].node === node) return false;
    return true;
  }
}

function same(a, b) {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b));
}
