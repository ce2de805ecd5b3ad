"use strict";

// The card: the step in symbols, in numbers, and its result, and why it is done like this.

const cardDigits = 6;

class Card {
  constructor(state) {
    this.state = state;
    this.title = element("h2", {});
    this.body = element("div", {});
    // A reader without a mouse scrolls it, where it is a sheet, once it has the focus.
    this.element = element("div", { class: "card step", tabindex: 0, role: "region", "aria-label": "The step", "aria-live": "polite", "aria-atomic": "true" }, this.title, this.body);
  }

  update(view) {
    const { step } = view;
    if (step.none) {
      this.title.textContent = "Nothing to compute";
      this.body.replaceChildren(paragraph("The graph is a single value: " + this.equation(step.node) + "."));
      return;
    }
    const s = this.state;
    if (step.forward) {
      this.title.textContent = `Forward, step ${view.k + 1} of ${s.firstBack}: ${s.name(step.node)}`;
      this.body.replaceChildren(...this.forward(step.node));
      return;
    }
    const k = view.k - s.firstBack + 1;
    this.title.textContent = `Backward, step ${k} of ${s.steps.length - s.firstBack}: δ of ${s.name(step.node)}`;
    this.body.replaceChildren(...(s.depthFirst ? this.depthFirst(view) : this.backward(step, view)));
  }

  number(k) {
    const n = this.state.nodes[k];
    return n.t ? inLine(n.t.v) : number(this.state.value[k], cardDigits);
  }

  deltaNumber(k) {
    const n = this.state.nodes[k];
    return n.t ? inLine(n.t.d) : number(this.state.delta[k], cardDigits);
  }

  equation(k) {
    return this.state.name(k) + " = " + this.number(k);
  }

  symbols(formula) {
    return filled(formula, (k, d) => (d ? "δ_" : "") + this.state.symbol(k));
  }

  numbers(formula) {
    return withNumbers(formula, (k) => this.state.value[k], cardDigits);
  }

  forward(k) {
    const s = this.state;
    const n = s.nodes[k];
    const lines = [this.symbols(n.f)];
    if (!n.t && n.l.every((l) => !s.nodes[l.u].t)) lines.push(this.numbers(n.f));
    lines.push(this.number(k));
    const out = [formulaLines(s.name(k), lines)];
    const operands = [...new Set(n.l.map((l) => l.u))];
    const leaves = operands.filter((u) => s.nodes[u].k !== "operation");
    const before = operands.filter((u) => s.nodes[u].k === "operation");
    const why = [];
    if (leaves.length) why.push(`${listed(leaves.map((u) => s.name(u)))} ${leaves.length > 1 ? "are" : "is"} given`);
    if (before.length) why.push(`${listed(before.map((u) => `${s.name(u)} was step ${s.order.indexOf(u) + 1}`))}`);
    if (s.nodes[k].b) out.push(paragraph(`${s.name(k)} is recorded behind the result ${s.name(s.root)}, as a part of the graph like any other.`));
    if (why.length) out.push(paragraph("Every operand is known already: " + why.join("; ") + "."));
    const slopes = n.l.filter((l) => l.w && l.now !== null);
    if (slopes.length && s.data.sweep) {
      const list = element("ul", { class: "slopes" });
      for (const l of slopes) {
        const symbol = `∂${s.symbol(k)}/∂${s.symbol(l.u)}`;
        const parts = [symbol];
        if (l.s) parts.push(this.symbols(l.s));
        const value = number(l.now, cardDigits);
        if (parts[parts.length - 1] !== value) parts.push(value);
        list.append(element("li", {}, parts.join(" = ")));
      }
      out.push(element("div", { class: "aside" }, paragraph("Noted beside it for the way back, the local derivatives:"), list));
    }
    return out;
  }

  backward(step, view) {
    const s = this.state;
    const k = step.node;
    const name = s.name(k);
    const root = s.name(s.root);
    if (k === s.root) {
      const seed = this.deltaNumber(k);
      const base = seed === "1" ? "The base case: the result changes as much as itself. From here the tape is read backward, from its end to its beginning." : "The seed that the sweep starts from.";
      const symbol = s.symbol(k);
      const lines = seed === "1" ? ["∂" + symbol + "/∂" + symbol, seed] : [seed];
      return [formulaLines("δ_" + symbol, lines), paragraph(base), ...this.check(k, view)];
    }
    const links = step.links;
    const out = [formulaLines("δ_" + s.symbol(k), this.terms(links, (l) => s.delta[l.by], s.delta[k]).concat(s.nodes[k].t ? [this.deltaNumber(k)] : []))];
    const users = [...new Set(links.map((l) => l.by))];
    const names = listed(users.map((u) => s.name(u)));
    if (users.length) out.push(element("p", { class: "users" }, `Γ(${name}) = {${users.map((u) => s.name(u)).join(", ")}}`));
    const text = element("p", {});
    if (links.length > 1) {
      text.append(element("b", {}, "Why a sum? "));
      const where = users.length > 1 ? `${name} is used by ${names}` : `${name} is used by ${names} ${links.length === 2 ? "twice" : links.length + " times"}`;
      const ways = links.length === 2 ? "both ways" : `${links.length} ways`;
      text.append(`${where}: a change of it reaches ${root} ${ways}, and the effects add up. `);
    } else if (links.length === 1) {
      text.append(`${name} is used by ${names} alone. `);
    }
    if (users.length) {
      text.append(
        users.length > 1
          ? `Their δ are complete: ${users.length === 2 ? "both" : "all"} stand later on the tape, which is read from its end.`
          : `δ_${s.symbol(users[0])} is complete: ${names} stands later on the tape, which is read from its end.`,
      );
    }
    out.push(text);
    if (links.some((l) => l.now !== null && s.delta[l.by] === 0)) {
      out.push(paragraph("A δ of exactly 0 contributes 0, whatever the local derivative."));
    }
    for (const l of links) if (l.r) out.push(paragraph(l.r, "rule"));
    out.push(...this.check(k, view));
    return out;
  }

  // terms writes a sum of contributions as symbols, as numbers, as products, and its result.
  terms(links, delta, result) {
    const s = this.state;
    const symbol = (l) => {
      if (l.now === null) return l.t ? this.symbols(l.t) : `δ_${s.symbol(l.by)}·∂${s.symbol(l.by)}/∂${s.symbol(l.u)}`;
      return `δ_${s.symbol(l.by)}·${l.s ? asFactor(this.symbols(l.s)) : `∂${s.symbol(l.by)}/∂${s.symbol(l.u)}`}`;
    };
    const lines = [links.map(symbol).join(" + ")];
    if (links.some((l) => l.now === null)) {
      const parts = links.map((l) => l.p || "");
      if (links.length > 1 && parts.every((p) => p !== "") && parts.join("").length < 160) lines.push(parts.join(" + "));
      return lines;
    }
    const first = (l, i) => (i === 0 ? number : factor)(delta(l), cardDigits);
    if (links.some((l) => l.s)) {
      lines.push(links.map((l, i) => `${first(l, i)}·${l.s ? asFactor(this.numbers(l.s)) : factor(l.now, cardDigits)}`).join(" + "));
    }
    lines.push(links.map((l, i) => `${first(l, i)}·${factor(l.now, cardDigits)}`).join(" + "));
    if (links.length > 1) lines.push(links.map((l, i) => (i === 0 ? number : factor)(s.contribution(l, delta(l)), cardDigits)).join(" + "));
    lines.push(number(result, cardDigits));
    return lines;
  }

  // check compares a δ with what differences measure.
  check(k, view) {
    const s = this.state;
    const measured = s.measure(k);
    if (measured === null) return [];
    const root = s.name(s.root);
    const shown = view && view.delta[k] !== null ? view.delta[k] : s.delta[k];
    const ok = agrees(shown, measured, s.value[s.root]);
    const how = s.nodes[k].k === "operation" ? `replacing ${s.name(k)} by a little more and a little less` : `moving ${s.name(k)} a little up and down`;
    const text = `${number(measured, cardDigits)}, by ${how} and computing ${root} anew`;
    const p = element("p", { class: ok ? "ok" : "bad" }, element("b", {}, ok ? "✓ measured by differences: " : "✗ differences measure "), text + ".");
    if (!ok && !s.depthFirst) p.append(" The two may differ at a kink.");
    return [p];
  }

  depthFirst(view) {
    const s = this.state;
    const { step } = view;
    const k = step.node;
    const name = s.name(k);
    const out = [];
    if (step.links.length === 0) {
      out.push(formulaLines("δ_" + s.symbol(k), [number(step.amount, cardDigits)]));
      out.push(paragraph(`The base case. Depth first, ${name} passes its δ on to its first operand at once, and that to its own first operand, as deep as it goes.`));
      return out;
    }
    const l = step.links[0];
    const before = step.sum[k] - step.amount;
    const w = step.passed[l.by];
    const product = `${number(w, cardDigits)}·${factor(l.now, cardDigits)}`;
    const lines = [`δ_${s.symbol(l.by)}·${l.s ? asFactor(this.symbols(l.s)) : `∂${s.symbol(l.by)}/∂${s.symbol(k)}`}`, product, number(step.amount, cardDigits)];
    out.push(formulaLines(`from ${s.name(l.by)}`, lines));
    const leafNode = s.nodes[k].k !== "operation";
    if (step.late || before !== 0) {
      out.push(formulaLines("δ_" + s.symbol(k), [`${number(before, cardDigits)} + ${factor(step.amount, cardDigits)}`, number(step.sum[k], cardDigits)]));
    }
    if (leafNode) {
      out.push(paragraph(`${name} is a leaf: what arrives is added.`));
    } else if (step.late) {
      out.push(
        element(
          "p",
          { class: "bad" },
          element("b", {}, "Too late. "),
          `${name} was reached before and has passed ${number(step.passed[k], cardDigits)} on already. This ${number(step.amount, cardDigits)} never arrives at what ${name} was made of.`,
        ),
      );
    } else {
      const uses = s.users[k].length;
      const rest = uses > 1 ? `, although ${name} is used ${uses === 2 ? "twice" : uses + " times"} and this is only the first of its contributions` : "";
      out.push(paragraph(`${name} is reached for the first time, and passes its δ on now${rest}.`));
    }
    if (s.settled(k, view.k)) {
      const right = s.delta[k];
      if (view.wrong[k]) {
        out.push(
          element("p", { class: "bad" }, element("b", {}, "✗ wrong: "), `δ_${s.symbol(k)} = ${number(view.delta[k], cardDigits)} depth first. In tape order it is ${number(right, cardDigits)}, the right one.`),
        );
      } else if (!leafNode || s.users[k].length > 0) {
        out.push(paragraph(`δ_${s.symbol(k)} is complete now: ${number(view.delta[k], cardDigits)}, as in tape order.`, "ok"));
      }
      out.push(...this.check(k, view));
    }
    return out;
  }
}

function paragraph(text, cls) {
  return element("p", { class: cls }, text);
}

// formulaLines shows head = first, and the other parts below each other, without repetitions; the last is the result.
function formulaLines(head, parts) {
  const lines = parts.filter((p, i) => i === 0 || p !== parts[i - 1]);
  const box = element("div", { class: "formula" });
  lines.forEach((p, i) => {
    const last = i === lines.length - 1;
    const text = last && lines.length > 0 ? element("b", {}, p) : p;
    box.append(element("div", {}, i === 0 ? head + " = " : "= ", text));
    if (i > 0) box.lastChild.className = "more";
  });
  return box;
}
