"use strict";

// The drawing: boxes and lines where the layout has put them, in a form for wide screens and one for narrow ones.

const line = 17; // height of a line of text
const under = 24; // room under a chip for what passes along its edge

class Drawing {
  constructor(pane, state, onpick) {
    this.pane = pane;
    this.state = state;
    this.onpick = onpick;
    this.whole = false; // whether all of a wide drawing is to be seen, however small
    this.form = null;
    this.view = null;
    new ResizeObserver(() => this.fit()).observe(pane);
  }

  // fit chooses the form for the width of the pane, and the scale.
  fit() {
    const width = this.pane.clientWidth;
    if (width === 0) return;
    const form = width < 600 ? "narrow" : "wide";
    if (form !== this.form) {
      this.form = form;
      this.build(this.state.data[form]);
      if (this.view) this.update(this.view);
    }
    const d = this.drawing;
    const large = form === "wide" && document.documentElement.classList.contains("projector") ? 1.5 : 1;
    const least = form === "narrow" ? 0.8 : 0.7;
    let scale = width / d.w;
    this.large = scale < least * large;
    if (this.large && !this.whole) scale = large; // at its natural size it scrolls inside the pane
    scale = Math.min(scale, 1.25 * large);
    this.svg.setAttribute("width", Math.floor(d.w * scale));
    this.svg.setAttribute("height", Math.floor(d.h * scale));
    if (this.onfit) this.onfit();
    this.follow();
  }

  build(d) {
    this.drawing = d;
    const edges = svg("g", {});
    const nodes = svg("g", {});
    this.passes = svg("g", {});
    this.edges = d.edges.map((e) => this.buildEdge(e, edges));
    this.nodes = [];
    const cells = [];
    d.boxes.forEach((b) => {
      let y = b.y;
      b.c.forEach((k, i) => {
        cells.push([k, { x: b.x, y, w: b.w, h: b.hs[i] + (i < b.c.length - 1 ? 1 : 0) }, b]);
        y += b.hs[i];
      });
    });
    cells.sort((a, b) => a[0] - b[0]); // the order of the focus is that of the tape
    for (const [k, r, b] of cells) {
      this.nodes[k] = this.buildNode(k, r, b);
      nodes.append(this.nodes[k].g);
    }
    const scopes = svg("g", {});
    for (const c of d.scopes || []) {
      scopes.append(
        svg("rect", { class: "scope", x: c.x, y: c.y, width: c.w, height: c.h, rx: 6 }),
        svg("text", { class: "scope-name", x: c.x + 8, y: c.y + 15 }, c.n),
      );
    }
    this.svg = svg("svg", { class: this.form, viewBox: `-3 -3 ${d.w + 6} ${d.h + 6}`, role: "group", "aria-label": "The graph" }, scopes, edges, nodes, this.passes);
    this.pane.replaceChildren(this.svg);
  }

  buildEdge(e, parent) {
    const p = e.p;
    const path = svg("path", { d: curve(p), class: "edge" });
    const g = svg("g", { class: "use" }, path);
    if (e.chip !== 1 && p.length >= 4) g.append(svg("path", { d: arrow(p), class: "arrow" }));
    parent.append(g);
    return { e, g, path };
  }

  buildNode(k, r, box) {
    const n = this.state.nodes[k];
    const g = svg("g", {
      class: "node " + n.k + (box.chip ? " chip" : ""),
      tabindex: 0,
      role: "button",
      "data-node": n.n,
      onclick: () => this.onpick(k),
      onkeydown: (e) => {
        if (e.key === "Enter") this.onpick(k);
      },
    });
    g.append(svg("rect", { x: r.x, y: r.y, width: r.w, height: r.h, rx: 6 }));
    const small = (n.s || [])[this.form === "wide" ? 0 : 1];
    const texts = [];
    const put = (cls) => {
      const t = svg("text", { x: r.x + r.w / 2, y: r.y + line * (texts.length + 1) - 2, class: cls });
      texts.push(t);
      g.append(t, " "); // a screen reader reads the lines apart
      return t;
    };
    const out = { g, r, room: r.w - 8, chip: box.chip };
    out.name = put("name");
    if (box.line) {
      out.oneLine = true;
    } else {
      out.name.textContent = clipped(n.n, 24);
      if (small) put("does").textContent = small;
      const lines = n.t ? [n.t.shape, ...n.t.v] : [""];
      out.values = lines.map((_, i) => put(n.t && i === 0 ? "shape" : "value"));
      if (n.t) out.values.shift().textContent = n.t.shape;
    }
    if (n.w) out.deltas = (n.t ? n.t.d : [""]).map(() => put("delta"));
    return out;
  }

  // update shows a step.
  update(view) {
    this.view = view;
    if (!this.form) return;
    const s = this.state;
    const { step } = view;
    const active = new Set(); // links
    const partners = new Set(); // nodes at their other ends
    if (!step.none) {
      for (const l of step.forward ? s.nodes[step.node].l : step.links) {
        active.add(l);
        partners.add(step.forward ? l.u : l.by);
      }
    }
    s.nodes.forEach((n, k) => this.updateNode(k, view, partners));
    this.edges.forEach(({ e, g }) => {
      const uses = e.u.map(([k, j]) => s.nodes[k].l[j]);
      const on = uses.some((l, i) => active.has(l) && (e.chip !== 2 || i === 1 || active.has(uses[0])));
      g.setAttribute("class", "use" + (on ? (step.forward ? " forward" : " back") : "") + (uses.some((l) => l.w) || !s.data.sweep ? "" : " still"));
      if (on) g.parentNode.append(g);
    });
    this.updatePasses(view, active);
    this.follow();
  }

  updateNode(k, view, partners) {
    const s = this.state;
    const n = s.nodes[k];
    const out = this.nodes[k];
    const { step } = view;
    const known = view.known[k];
    const delta = view.delta[k];
    const digits = out.chip ? Math.min(4, this.drawing.digits) : this.drawing.digits;
    const current = k === step.node && !step.none;
    const cls = ["node", n.k];
    if (n.b) cls.push("beyond");
    if (out.chip) cls.push("chip");
    if (!known) cls.push("future");
    if (delta !== null) cls.push("settled");
    if (current) cls.push(step.forward ? "current" : "current back");
    if (partners.has(k)) cls.push(step.forward ? "operand" : "user");
    if (view.wrong[k]) cls.push("wrong");
    const g = out.g;
    g.setAttribute("class", cls.join(" "));
    const v = s.value[k];
    g.setAttribute("data-value", !known ? "" : n.t ? n.t.vt : exact(v));
    g.setAttribute("data-delta", delta === null ? "" : n.t ? n.t.dt : exact(delta));
    const shown = !known ? "·" : n.t ? inLine(n.t.v) : number(v, digits);
    if (out.oneLine) {
      const name = isolated(clipped(n.n, 24));
      out.name.replaceChildren(svg("tspan", {}, name), svg("tspan", { class: "value" }, (known ? " = " : " ") + shown));
      squeeze(out.name, out.room);
    } else {
      out.values.forEach((t, i) => {
        t.textContent = n.t ? (known ? n.t.v[i] : i === 0 ? "·" : "") : shown;
        squeeze(t, out.room);
      });
    }
    if (out.deltas) {
      out.deltas.forEach((t, i) => {
        if (delta === null) {
          t.textContent = i === 0 ? "δ ·" : "";
        } else if (n.t) {
          t.textContent = (i === 0 ? "δ = " : "") + n.t.d[i];
        } else {
          t.textContent = "δ = " + number(delta, digits);
          if (view.wrong[k]) mark(t, [" ✗ wrong", " ✗"], out.room);
        }
        squeeze(t, out.room);
      });
    }
  }

  // updatePasses writes on the edges of the step what passes along them: forward the local derivative, which the tape
  // keeps, backward the contribution to δ.
  updatePasses(view, active) {
    this.passes.replaceChildren();
    if (view.step.none) return;
    const s = this.state;
    const done = new Set();
    const found = []; // what is to be written, and where
    for (const { e, path } of this.edges) {
      e.u.forEach(([k, j], i) => {
        const l = s.nodes[k].l[j];
        if (!active.has(l) || !l.w || done.has(l) || (e.chip === 2 && i === 0)) return;
        done.add(l);
        const texts = this.passText(l, view);
        if (texts) found.push({ texts, path, chip: e.chip ? this.drawing.boxes[e.chip === 1 ? e.b : e.a] : null });
      });
    }
    const taken = this.drawing.boxes.map((b) => ({ x: b.x, y: b.y, w: b.w, h: b.h - (b.chip ? under : 0), weight: 0.25 }));
    for (const { g } of this.nodes) {
      for (const t of g.querySelectorAll("text")) {
        const { x, y, width, height } = t.getBBox();
        taken.push({ x, y, w: width, h: height, weight: 8 });
      }
    }
    for (const f of found) f.points = pointsOf(f.path);
    let best = this.arrange(found, taken);
    if (best.cost >= 100 && found.length > 1) {
      const other = this.arrange(found.toReversed(), taken);
      if (other.cost < best.cost) best = other;
    }
    for (const r of best.placed) {
      this.passes.append(
        svg(
          "g",
          { class: "pass" + (view.step.forward ? " slope" : "") },
          svg("rect", { x: r.x, y: r.y, width: r.w, height: 22, rx: 4 }),
          svg("text", { x: r.x + r.w / 2, y: r.y + 15.5 }, r.text),
        ),
      );
    }
  }

  // arrange finds places for texts, one after the other. Those under chips have the least choice.
  arrange(found, taken) {
    const placed = [];
    for (const f of [...found.filter((f) => f.chip), ...found.filter((f) => !f.chip)]) {
      const others = found.filter((o) => o.path !== f.path).slice(0, 8);
      placed.push(this.put(f, taken.concat(placed), others));
    }
    return { placed, cost: placed.reduce((sum, r) => sum + r.cost, 0) };
  }

  passText(l, view) {
    const s = this.state;
    if (view.step.forward) return l.now === null ? null : ["∂ " + number(l.now, 4)];
    if (l.now === null) return !l.p || view.step.links.length < 2 ? null : [l.p.length < 14 ? "→ " + l.p : "→ " + s.nodes[l.u].t.shape];
    const w = s.depthFirst ? view.step.passed[l.by] : view.delta[l.by];
    const c = number(s.contribution(l, w), 4);
    return [`${number(w, 4)}·${factor(l.now, 4)} = ${c}`, "→ " + c];
  }

  // put places the first of several texts that covers nothing, or else whichever covers least, at a chip or along a path:
  // nearer to it than to the paths of others, and not where a chip would seem to pass it on.
  put({ texts, chip, points }, taken, others) {
    const long = this.form === "wide" ? texts : texts.slice(-1);
    let best = null;
    const offer = (text, x, y, away) => {
      const w = textWidth(text) + 12;
      const r = { text, x: Math.max(0, Math.min(this.drawing.w - w, x - w / 2)), y: Math.max(0, Math.min(this.drawing.h - 22, y)), w, h: 22, weight: 8 };
      r.cost = taken.reduce((sum, o) => sum + o.weight * overlap(r, o), 0) + 1.5 * away;
      if (!chip && !(best && r.cost >= best.cost)) {
        const own = distance(points, r);
        for (const o of others) r.cost += 6 * Math.max(0, own + 20 - distance(o.points, r));
        for (const b of this.drawing.boxes) if (b.chip) r.cost += 0.1 * overlap(r, { x: b.x, y: b.y + b.h - under, w: b.w, h: under });
      }
      if (!best || r.cost < best.cost) best = r;
    };
    for (const text of long) {
      if (best && best.cost < 100) break; // nothing is covered
      if (chip) {
        const below = chip.y + chip.h - under + 1;
        for (const dx of [0, -15, 15, -30, 30, -45, 45, -60, 60, -75, 75]) {
          for (const y of [below, below + 23, chip.y - 23]) offer(text, chip.x + chip.w / 2 + dx, y, Math.abs(dx) + Math.abs(y - below));
        }
        continue;
      }
      for (const t of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9]) {
        const p = points[Math.round(t * (points.length - 1))];
        for (const dy of [0, -12, 12, -24, 24, -36, 36, -48, 48]) {
          for (const dx of [0, -24, 24, -48, 48, -72, 72]) offer(text, p.x + dx, p.y - 11 + dy, 60 * Math.abs(t - 0.5) + Math.abs(dx) + Math.abs(dy));
        }
      }
    }
    return best;
  }

  // follow scrolls the pane to the node of the step.
  follow() {
    if (!this.view || !this.form || this.view.step.none) return;
    const { r } = this.nodes[this.view.step.node];
    const scale = this.svg.clientWidth / (this.drawing.w + 6);
    const pane = this.pane;
    const to = (at, size, have, room) => (at < have + 20 || at + size > have + room - 20 ? at + size / 2 - room / 2 : have);
    const left = to((r.x + 3) * scale, r.w * scale, pane.scrollLeft, pane.clientWidth);
    const top = to((r.y + 3) * scale, r.h * scale, pane.scrollTop, pane.clientHeight);
    if (left !== pane.scrollLeft || top !== pane.scrollTop) pane.scrollTo({ left, top });
  }

  // reveal scrolls the page up or down to the node of the step, if that is out of sight: above the window, or below the
  // given height, at which a sheet covers it. A reader who has scrolled away from the drawing stays where he is.
  reveal(below) {
    if (!this.view || !this.form || this.view.step.none) return;
    const pane = this.pane.getBoundingClientRect();
    if (pane.bottom < 60 || pane.top > below - 60) return;
    const r = this.nodes[this.view.step.node].g.getBoundingClientRect();
    const margin = 30;
    const by = r.bottom > below - margin ? Math.min(r.bottom - below + margin, r.top - margin) : r.top < margin ? r.top - margin : 0;
    if (by !== 0) window.scrollBy({ top: by });
  }
}

function clipped(s, n) {
  const c = [...s];
  return c.length <= n ? s : c.slice(0, n - 1 - Math.floor(n / 3)).join("") + "…" + c.slice(-Math.floor(n / 3)).join("");
}

function curve(p) {
  let d = `M${p[0]},${p[1]}`;
  for (let i = 2; i + 5 < p.length; i += 6) d += `C${p.slice(i, i + 6).join(" ")}`;
  return d;
}

function arrow(p) {
  const [x0, y0, x, y] = p.slice(-4);
  const a = Math.atan2(y - y0, x - x0);
  const at = (angle) => `${(x - 8 * Math.cos(a + angle)).toFixed(1)},${(y - 8 * Math.sin(a + angle)).toFixed(1)}`;
  return `M${x},${y}L${at(0.42)}L${at(-0.42)}Z`;
}

// mark appends the first of several texts for which there is room, or the last.
function mark(t, marks, room) {
  const text = t.textContent;
  for (const m of marks) {
    t.textContent = text + m;
    if (t.getComputedTextLength() <= room) return;
  }
}

// squeeze makes a text that is too wide for its box as wide as that.
function squeeze(t, room) {
  t.removeAttribute("textLength");
  if (t.getComputedTextLength() > room) {
    t.setAttribute("textLength", room);
    t.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

let measuring = null;

function textWidth(s) {
  measuring ??= document.createElement("canvas").getContext("2d");
  measuring.font = "600 12px Arial, 'Liberation Sans', Helvetica, sans-serif";
  return measuring.measureText(s).width;
}

// pointsOf returns points along a path, at equal distances.
function pointsOf(path) {
  const length = path.getTotalLength();
  return Array.from({ length: 41 }, (_, i) => path.getPointAtLength((length * i) / 40));
}

// distance returns that of the nearest of some points to the middle of a rectangle.
function distance(points, r) {
  const x = r.x + r.w / 2;
  const y = r.y + r.h / 2;
  return Math.min(...points.map((p) => Math.hypot(p.x - x, p.y - y)));
}

function overlap(a, b) {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? w * h : 0;
}
