// The losses of training and validation, epoch by epoch.

import { classes, css, ink } from "./palette.js";

const most = 2000; // epochs that are drawn; of more every second one is left out, again and again

export class Curves {
  #canvas;
  #epochs = []; // [number, loss of training, loss of validation]
  #every = 1;
  #best = -1;
  #log = false;

  constructor(canvas) {
    this.#canvas = canvas;
  }

  set log(on) {
    this.#log = on;
    this.draw();
  }

  clear() {
    this.#epochs = [];
    this.#every = 1;
    this.#best = -1;
  }

  /** add takes epochs as the engine sends them, and the number of the best one, -1 for none. */
  add(epochs, best) {
    for (const [number, train, valid] of epochs) {
      if (number % this.#every === 0 || number === best) this.#epochs.push([number, Number(train ?? NaN), Number(valid ?? NaN)]);
    }
    this.#best = best;
    while (this.#epochs.length > most) {
      this.#every *= 2;
      this.#epochs = this.#epochs.filter(([number]) => number % this.#every === 0);
    }
  }

  draw() {
    const ratio = devicePixelRatio, width = this.#canvas.clientWidth || 360, height = this.#canvas.clientHeight || 210;
    if (this.#canvas.width !== Math.round(width * ratio)) this.#canvas.width = Math.round(width * ratio);
    if (this.#canvas.height !== Math.round(height * ratio)) this.#canvas.height = Math.round(height * ratio);
    const c = this.#canvas.getContext("2d"), colours = ink();
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, width, height);
    c.font = '12px system-ui, "Liberation Sans", Arial, sans-serif';
    const finite = this.#epochs.flatMap(([, a, b]) => [a, b]).filter((v) => Number.isFinite(v) && (v > 0 || !this.#log));
    if (finite.length === 0) return;
    const last = Math.max(1, this.#epochs.at(-1)[0]);
    const scale = axis(finite, this.#log);
    const left = 44, right = width - 12, top = 16, bottom = height - 26;
    const x = (epoch) => left + (right - left) * epoch / last;
    const y = (loss) => bottom + (top - bottom) * scale.at(loss);
    c.fillStyle = colours.dim;
    c.strokeStyle = colours.line;
    c.lineWidth = 1;
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const tick of scale.ticks) {
      c.globalAlpha = 0.35;
      line(c, [[left, y(tick)], [right, y(tick)]]);
      c.globalAlpha = 1;
      c.fillText(String(tick), left - 6, y(tick));
    }
    c.textAlign = "left";
    c.textBaseline = "alphabetic";
    c.fillText("0", left, height - 8);
    c.textAlign = "right";
    c.fillText(`epoch ${last}`, right, height - 8);
    if (this.#best >= 0) {
      c.strokeStyle = colours.text;
      c.setLineDash([2, 3]);
      line(c, [[x(this.#best), top - 6], [x(this.#best), bottom]]);
      c.setLineDash([]);
      c.fillStyle = colours.text;
      c.textAlign = x(this.#best) > width / 2 ? "right" : "left";
      c.fillText(`best: epoch ${this.#best}`, x(this.#best) + (x(this.#best) > width / 2 ? -5 : 5), top - 4);
    }
    const names = [];
    for (const [k, name, dash] of [[1, "training", []], [2, "validation", [6, 4]]]) {
      const points = this.#epochs.filter((e) => Number.isFinite(e[k]) && (e[k] > 0 || !this.#log)).map((e) => [x(e[0]), y(e[k])]);
      if (points.length === 0) continue;
      c.strokeStyle = css(classes[k - 1]);
      c.lineWidth = 2;
      c.setLineDash(dash);
      line(c, points);
      c.setLineDash([]);
      names.push([name, points.at(-1)[1], classes[k - 1]]);
    }
    // The names stand at the ends of their curves, above each other where the ends meet.
    names.sort((a, b) => a[1] - b[1]);
    names.forEach(([name, at], k) => {
      const level = k === 0 ? Math.max(top + 12, at - 8) : Math.max(at + 16, names[0].at + 15);
      names[k].at = Math.min(level, bottom - 4 - 15 * (names.length - 1 - k));
      c.textAlign = "right";
      c.fillStyle = colours.text;
      c.strokeStyle = colours.ground;
      c.lineWidth = 4;
      c.strokeText(name, right - 16, names[k].at);
      c.fillText(name, right - 16, names[k].at);
      c.strokeStyle = css(names[k][2]);
      c.lineWidth = 3;
      c.setLineDash(name === "validation" ? [4, 3] : []);
      line(c, [[right - 12, names[k].at - 4], [right, names[k].at - 4]]);
      c.setLineDash([]);
    });
    const [number, train, valid] = this.#epochs.at(-1);
    this.#canvas.setAttribute("aria-label", `The loss after epoch ${number}: ${short(train)} on the training set` +
      (Number.isFinite(valid) ? `, ${short(valid)} on the validation set; the best epoch was ${this.#best}` : ""));
  }
}

/** short returns a number with four digits. */
export function short(v) {
  return Number.isFinite(v) ? String(Number(v.toPrecision(4))) : String(v);
}

function line(c, points) {
  c.beginPath();
  points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.stroke();
}

// axis returns where numbers stand between 0 and 1, and what to write there.
function axis(values, log) {
  const most = Math.max(...values);
  if (!log) {
    const unit = 10 ** Math.floor(Math.log10(most || 1)), step = [0.2, 0.5, 1, 2].map((k) => k * unit).find((s) => most / s <= 5) ?? 2 * unit;
    const ticks = [];
    for (let k = 0; k * step <= most * 1.0001; k++) ticks.push(Number((k * step).toPrecision(6)));
    return { at: (v) => v / (most || 1), ticks };
  }
  const low = Math.max(Math.min(...values), most * 1e-12), from = Math.floor(Math.log10(low)), to = Math.max(from + 1, Math.ceil(Math.log10(most)));
  const ticks = [];
  for (let k = from; k <= to; k += Math.ceil((to - from) / 5)) ticks.push(Number(`1e${k}`));
  return { at: (v) => (Math.log10(Math.max(v, low)) - from) / (to - from), ticks };
}
