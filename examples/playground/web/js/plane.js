// The picture of the plane: what the network says at each place, the points, and the pen that draws new ones.

import { classes, css, ground, ink, mix, shapes } from "./palette.js";

/** grid is how finely points lie that are drawn: an address holds a coordinate in a byte. */
const grid = 255;

export class Plane {
  #canvas;
  #field = null; // Float32Array of size·size·outputs
  #outputs = 1;
  #classes = 2;
  #points = [];
  #extent;
  #pen = null; // a class, "erase", or null
  #cursor = null; // where the keys are, in the plane
  #ringed = null; // the point that is being looked at
  #small = document.createElement("canvas");
  #onDraw;

  /** onDraw is told {add: point} or {erase: index}. */
  constructor(canvas, extent, onDraw) {
    this.#canvas = canvas;
    this.#extent = extent;
    this.#onDraw = onDraw;
    canvas.addEventListener("pointerdown", (e) => this.#pointer(e));
    canvas.addEventListener("keydown", (e) => this.#key(e));
    canvas.addEventListener("blur", () => { this.#cursor = null; this.draw(); });
  }

  set pen(pen) {
    this.#pen = pen;
    this.#canvas.dataset.pen = pen ?? "";
  }

  /** ring draws a ring around a point, or around none. */
  ring(point) {
    this.#ringed = point;
    this.draw();
  }

  /** show takes points and how many classes they have, 0 for a regression. */
  show(points, count) {
    this.#points = points;
    this.#classes = count;
    this.draw();
  }

  /** learned takes what the network says, with so many numbers for each place. */
  learned(field, outputs) {
    this.#field = field;
    this.#outputs = outputs;
    this.draw();
  }

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width * 2 - 1) * this.#extent, (1 - (event.clientY - box.top) / box.height * 2) * this.#extent];
  }

  #pointer(event) {
    if (this.#pen === null || event.button !== 0) return;
    this.#put(...this.#at(event), event.pointerType === "mouse" ? 0.15 : 0.3);
  }

  // A cursor that arrow keys move, and Enter or space puts a point at.
  #key(event) {
    const step = this.#extent / 30 * (event.shiftKey ? 5 : 1);
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.key in moves) {
      const clip = (v) => Math.max(-this.#extent, Math.min(this.#extent, v));
      this.#cursor = (this.#cursor ?? [0, 0]).map((v, k) => clip(v + moves[event.key][k]));
      this.draw();
    } else if ((event.key === "Enter" || event.key === " ") && this.#pen !== null) {
      this.#cursor ??= [0, 0];
      this.#put(...this.#cursor, 0.15);
    } else return;
    event.preventDefault();
  }

  #put(x, y, near) {
    if (this.#pen !== "erase") {
      const round = (v) => (Math.round((v / this.#extent + 1) / 2 * grid) / grid * 2 - 1) * this.#extent;
      this.#onDraw({ add: { x: round(x), y: round(y), c: this.#pen } });
      return;
    }
    let best = -1, least = near * near * 4;
    this.#points.forEach((p, i) => {
      const d = (p.x - x) ** 2 + (p.y - y) ** 2;
      if (d < least) [best, least] = [i, d];
    });
    if (best >= 0) this.#onDraw({ erase: best });
  }

  draw() {
    const side = Math.round(this.#canvas.clientWidth * devicePixelRatio) || 720;
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    const c = this.#canvas.getContext("2d");
    c.fillStyle = css(ground());
    c.fillRect(0, 0, side, side);
    if (this.#field) {
      this.#shade(c, side);
      this.#boundary(c, side);
    }
    this.#axes(c, side);
    for (const p of this.#points) this.#point(c, side, p);
    if (this.#ringed) this.#circle(c, side, this.#ringed);
    if (this.#cursor) this.#cross(c, side);
  }

  // shade colours each place by the class that is most probable, the more so the surer the network is.
  #shade(c, side) {
    const n = Math.round(Math.sqrt(this.#field.length / this.#outputs));
    const image = new ImageData(n, n);
    const white = ground();
    for (let i = 0; i < n * n; i++) {
      let colour = white;
      if (this.#outputs > 1) {
        for (let k = 0; k < this.#outputs; k++) {
          const sure = Math.max(0, this.#field[i * this.#outputs + k] - 1 / this.#outputs) / (1 - 1 / this.#outputs);
          colour = mix(colour, classes[k], 0.55 * sure);
        }
      } else {
        const v = this.#classes === 0 ? this.#field[i] : 2 * this.#field[i] - 1;
        if (Number.isFinite(v)) colour = mix(white, classes[v < 0 ? 0 : 1], Math.min(1, Math.abs(v)) * (this.#classes === 0 ? 0.9 : 0.55));
      }
      image.data.set([...colour, 255], 4 * i);
    }
    this.#small.width = this.#small.height = n;
    this.#small.getContext("2d").putImageData(image, 0, 0);
    c.imageSmoothingEnabled = true;
    c.imageSmoothingQuality = "high";
    c.drawImage(this.#small, 0, 0, side, side);
  }

  // boundary draws where one class gives way to another: where the most probable one is level with the rest, by marching
  // squares.
  #boundary(c, side) {
    if (this.#classes === 0) return;
    const n = Math.round(Math.sqrt(this.#field.length / this.#outputs));
    c.strokeStyle = ink().text;
    c.lineWidth = side / 360 * 1.6;
    c.beginPath();
    for (let k = 0; k < this.#outputs; k++) {
      const level = new Float32Array(n * n);
      for (let i = 0; i < n * n; i++) {
        if (this.#outputs === 1) {
          level[i] = this.#field[i] - 0.5;
          continue;
        }
        let other = 0;
        for (let j = 0; j < this.#outputs; j++) if (j !== k) other = Math.max(other, this.#field[i * this.#outputs + j]);
        level[i] = this.#field[i * this.#outputs + k] - other;
      }
      march(c, level, n, side / n);
    }
    c.stroke();
  }

  #axes(c, side) {
    c.strokeStyle = ink().line;
    c.globalAlpha = 0.45;
    c.lineWidth = side / 720;
    c.beginPath();
    c.moveTo(side / 2, 0); c.lineTo(side / 2, side);
    c.moveTo(0, side / 2); c.lineTo(side, side / 2);
    c.stroke();
    c.globalAlpha = 1;
  }

  // point draws a training example filled, and one of validation as an outline.
  #point(c, side, p) {
    const x = (p.x / this.#extent + 1) / 2 * side, y = (1 - p.y / this.#extent) / 2 * side, r = side / 360 * 3.6;
    let colour = classes[p.c];
    if (this.#classes === 0) colour = mix(ground(), classes[(p.v ?? 0) < 0 ? 0 : 1], Math.min(1, Math.abs(p.v ?? 0)));
    c.beginPath();
    const shape = this.#classes === 0 ? "circle" : shapes[p.c];
    if (shape === "circle") c.arc(x, y, r, 0, 2 * Math.PI);
    else if (shape === "square") c.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r);
    else { c.moveTo(x, y - 1.25 * r); c.lineTo(x + 1.15 * r, y + 0.8 * r); c.lineTo(x - 1.15 * r, y + 0.8 * r); c.closePath(); }
    if (p.valid) {
      c.fillStyle = css(ground());
      c.fill();
      c.strokeStyle = this.#classes === 0 ? ink().text : css(colour);
      c.lineWidth = r * 0.55;
      if (this.#classes === 0) { c.fillStyle = css(colour); c.fill(); c.setLineDash([r * 0.6, r * 0.5]); c.lineWidth = r * 0.35; }
      c.stroke();
      c.setLineDash([]);
      return;
    }
    c.fillStyle = css(colour);
    c.fill();
    c.strokeStyle = this.#classes === 0 ? ink().text : css(ground());
    c.lineWidth = r * 0.3;
    c.stroke();
  }

  #circle(c, side, p) {
    c.strokeStyle = ink().text;
    c.lineWidth = side / 360 * 2;
    c.beginPath();
    c.arc((p.x / this.#extent + 1) / 2 * side, (1 - p.y / this.#extent) / 2 * side, side / 360 * 8, 0, 2 * Math.PI);
    c.stroke();
  }

  #cross(c, side) {
    const x = (this.#cursor[0] / this.#extent + 1) / 2 * side, y = (1 - this.#cursor[1] / this.#extent) / 2 * side, r = side / 40;
    c.strokeStyle = ink().text;
    c.lineWidth = side / 360 * 1.5;
    c.beginPath();
    c.moveTo(x - r, y); c.lineTo(x + r, y);
    c.moveTo(x, y - r); c.lineTo(x, y + r);
    c.stroke();
  }
}

// march adds the lines on which a field is 0 to a path. Its numbers stand in the middle of n × n cells of the given side.
function march(c, field, n, cell) {
  const cross = (a, b) => a / (a - b);
  for (let row = 0; row + 1 < n; row++) {
    for (let column = 0; column + 1 < n; column++) {
      const i = row * n + column;
      const [a, b, d, e] = [field[i], field[i + 1], field[i + n + 1], field[i + n]]; // clockwise
      const x = (column + 0.5) * cell, y = (row + 0.5) * cell;
      const ends = [];
      if ((a > 0) !== (b > 0)) ends.push([x + cross(a, b) * cell, y]);
      if ((b > 0) !== (d > 0)) ends.push([x + cell, y + cross(b, d) * cell]);
      if ((e > 0) !== (d > 0)) ends.push([x + cross(e, d) * cell, y + cell]);
      if ((a > 0) !== (e > 0)) ends.push([x, y + cross(a, e) * cell]);
      for (let k = 0; k + 1 < ends.length; k += 2) {
        c.moveTo(...ends[k]);
        c.lineTo(...ends[k + 1]);
      }
    }
  }
}
