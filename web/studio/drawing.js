// What is on the sheet, and every step back: values only, nothing of the page.

export const PAGE = 512;
const STEPS = 120; // back
const NEAR = 0.006; // points of a line closer than this say nothing new
const FAR = 0.02; // between two points of a line, so that an eraser finds every part of it

let born = 0;
const named = (layer) => ({ rotation: 0, flip: false, tag: "", ...layer, id: layer.id ?? `l${(born += 1)}` });
const between = (low, value, high) => Math.min(Math.max(value, low), high);
const round = (value) => Math.round(value * 10000) / 10000;

/** How much of a layer a box would hide. */
function covered(layer, x, y, width, height) {
  const overlap = (a, wide, b, other) => Math.max(0, (wide + other) / 2 - Math.abs(a - b));
  const along = overlap(x, width, layer.x, layer.scale * (layer.ratio ?? 1));
  return Math.min(along, width) * Math.min(overlap(y, height, layer.y, layer.scale), height);
}

export class Drawing {
  constructor({ layers, strokes, limits, across = 1, weather, time }) {
    this.across = across; // how wide the sheet is, in its heights
    this.now = { layers: layers.map(named), strokes: strokes.map((stroke) => ({ ...stroke, points: [...stroke.points] })), weather, time };
    this.came = { weather, time };
    this.limits = limits;
    this.past = [];
    this.future = [];
    this.open = null; // how it was when the hand went down
    this.onchange = () => {};
  }

  get layers() { return this.now.layers; }
  get strokes() { return this.now.strokes; }
  get changed() { return this.past.length > 0; }
  layer(id) { return this.now.layers.find((layer) => layer.id === id); }

  /** A deed that may take a while (a drag, a line); `end` makes it one step. */
  begin() { this.open ??= this.now; }
  end() {
    if (this.open && this.open !== this.now) this.#remember(this.open);
    this.open = null;
    this.onchange();
  }

  #remember(state) {
    this.past.push(state);
    if (this.past.length > STEPS) this.past.shift();
    this.future = [];
  }

  #set(change) {
    const before = this.now;
    this.now = { ...before, ...change };
    if (!this.open) this.#remember(before);
    this.onchange();
  }

  undo() { this.#go(this.past, this.future); }
  redo() { this.#go(this.future, this.past); }
  #go(from, to) {
    if (!from.length || this.open) return;
    to.push(this.now);
    this.now = from.pop();
    this.onchange();
  }

  // --- stickers --------------------------------------------------------------------------------

  /** Returns the new layer, null where there is no more room. */
  add(found) {
    if (this.layers.length >= this.limits.layers) return null;
    const scale = Math.min(0.24, round(0.4 / found.ratio));
    const layer = named({ sticker: found.sticker, word: found.word, ratio: found.ratio, scale, ...this.#freeSpot(scale * found.ratio, scale) });
    this.#set({ layers: [...this.layers, layer] });
    return layer;
  }

  /** Where a sticker of that size, in heights of the sheet, hides least of what is there; near the middle, and rather on the ground than in the air. */
  #freeSpot(width, height) {
    const spots = [];
    for (let x = 0.18; x <= this.across - 0.17; x += 0.08)
      for (const y of [0.32, 0.44, 0.56, 0.68, 0.78, 0.86]) {
        const hidden = this.layers.reduce((sum, one) => sum + covered(one, x, y, width, height), 0);
        spots.push({ x: round(x), y, cost: hidden / (width * height) + 0.25 * Math.hypot(x - this.across / 2, y - 0.7) + 0.6 * Math.max(0, 0.55 - y) });
      }
    const { x, y } = spots.reduce((best, spot) => (spot.cost < best.cost ? spot : best));
    return { x, y };
  }

  change(id, changes) {
    const fit = { ...changes };
    for (const [axis, end] of [["x", this.across], ["y", 1]]) if (axis in fit) fit[axis] = round(between(-0.1, fit[axis], end + 0.1));
    if ("scale" in fit) fit.scale = round(between(0.04, fit.scale, 1.4));
    if ("rotation" in fit) fit.rotation = Math.round(((((fit.rotation + 180) % 360) + 360) % 360 - 180) * 10) / 10;
    this.#set({ layers: this.layers.map((layer) => (layer.id === id ? { ...layer, ...fit } : layer)) });
  }

  remove(id) {
    this.#set({ layers: this.layers.filter((layer) => layer.id !== id) });
  }

  /** One step to the front (1) or to the back (-1). */
  order(id, by) {
    const layers = [...this.layers];
    const at = layers.findIndex((layer) => layer.id === id);
    const to = between(0, at + by, layers.length - 1);
    if (at === to) return;
    layers.splice(to, 0, ...layers.splice(at, 1));
    this.#set({ layers });
  }

  // --- weather and faces -----------------------------------------------------------------------

  /** Another weather, or another hour. */
  under(changes) {
    if (Object.entries(changes).some(([name, value]) => this.now[name] !== value)) this.#set(changes);
  }

  look(id, face) {
    const sticker = faced(this.layer(id).sticker, face);
    if (sticker !== this.layer(id).sticker) this.change(id, { sticker });
  }

  // --- crayons ---------------------------------------------------------------------------------

  get points() { return this.strokes.reduce((sum, stroke) => sum + stroke.points.length / 2, 0); }

  /** Returns false where there is no more room. */
  startLine(colour, width, x, y) {
    if (this.strokes.length >= this.limits.strokes || this.points + 50 > this.limits.points) return false;
    this.begin();
    this.#set({ strokes: [...this.strokes, { colour, width, points: [round(x), round(y)] }] });
    return true;
  }

  line(x, y) {
    const stroke = this.strokes.at(-1);
    const [fromX, fromY] = stroke.points.slice(-2);
    const gap = Math.hypot(x - fromX, y - fromY);
    if (gap < NEAR || this.points + 20 > this.limits.points) return;
    const parts = Math.ceil(gap / FAR);
    const more = [];
    for (let n = 1; n <= parts; n += 1) more.push(round(between(-0.2, fromX + ((x - fromX) * n) / parts, this.across + 0.2)), round(between(-0.2, fromY + ((y - fromY) * n) / parts, 1.2)));
    this.#set({ strokes: [...this.strokes.slice(0, -1), { ...stroke, points: [...stroke.points, ...more] }] });
  }

  /** Take away what lies within `reach` of a point; a line that is cut becomes two. */
  erase(x, y, reach) {
    let cut = false;
    const strokes = this.strokes.flatMap((stroke) => {
      const near = reach + stroke.width / 2;
      const runs = [[]];
      for (let n = 0; n < stroke.points.length; n += 2) {
        if (Math.hypot(stroke.points[n] - x, stroke.points[n + 1] - y) < near) {
          cut = true;
          if (runs.at(-1).length) runs.push([]);
        } else runs.at(-1).push(stroke.points[n], stroke.points[n + 1]);
      }
      const whole = runs.length === 1 && runs[0].length === stroke.points.length;
      return whole ? [stroke] : runs.filter((run) => run.length).map((points) => ({ ...stroke, points }));
    });
    if (cut) this.#set({ strokes: strokes.slice(0, this.limits.strokes) });
  }

  /** What is sent. */
  sent(entry, revision) {
    const layers = this.layers.map(({ sticker, x, y, scale, rotation, flip, tag }) => ({ sticker, x, y, scale, rotation, flip, tag }));
    const { now, came } = this;
    const chosen = (name) => (now[name] === came[name] ? "" : now[name]);
    return JSON.stringify({ entry, revision, layers, strokes: this.strokes, weather: chosen("weather"), time: chosen("time") });
  }
}

/** A figure's id is figure/look/pose/face/clothes. */
export const faceOf = (sticker) => (sticker.startsWith("figure/") ? sticker.split("/")[3] : "");
export const faced = (sticker, face) => sticker.split("/").map((part, n) => (n === 3 ? face : part)).join("/");

/** A line as SVG: soft between its points; a dot where it has one only. */
export function pathOf({ points }) {
  const at = (n) => [points[2 * n] * PAGE, points[2 * n + 1] * PAGE];
  const count = points.length / 2;
  const [x, y] = at(0);
  let d = `M${x.toFixed(1)} ${y.toFixed(1)}`;
  if (count === 1) return `${d}l0.01 0`;
  for (let n = 1; n < count - 1; n += 1) {
    const [px, py] = at(n);
    const [nx, ny] = at(n + 1);
    d += `Q${px.toFixed(1)} ${py.toFixed(1)} ${((px + nx) / 2).toFixed(1)} ${((py + ny) / 2).toFixed(1)}`;
  }
  const [lx, ly] = at(count - 1);
  return `${d}L${lx.toFixed(1)} ${ly.toFixed(1)}`;
}
