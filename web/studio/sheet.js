// The sheet of paper: shows a drawing, and lets hands, a mouse and keys move what is on it.

import { $ } from "/web/dom.js";
import { say } from "/web/words.js";
import { PAGE, pathOf } from "/web/studio/drawing.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 0.08; // as core/painting/sheet.py leaves around each sticker
const ERASER = 0.03;
const STEP = 0.01;
const draw = (tag, props = {}) => {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, value);
  return node;
};

export const addressOf = (sticker) => `/api/studio/sticker/${sticker}.svg`;

export class Sheet {
  constructor(drawing, { ontold, onchosen }) {
    Object.assign(this, { drawing, ontold, onchosen, chosen: "", mode: "place", crayon: { colour: "#3f3434", width: 0.022, erases: false } });
    this.nodes = new Map(); // layer id: its element
    this.hands = new Map(); // pointer id: where it is now
    this.deed = null;
    this.svg = $("#sheet");
    for (const [kind, hear] of [["pointerdown", this.#down], ["pointermove", this.#move], ["pointerup", this.#up], ["pointercancel", this.#up]]) this.svg.addEventListener(kind, hear.bind(this));
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    this.svg.addEventListener("focusin", (event) => event.target.closest("#layers > g") && this.mode === "place" && this.choose(event.target.closest("g").dataset.id));
    this.svg.addEventListener("contextmenu", (event) => event.preventDefault());
    this.svg.addEventListener("dragstart", (event) => event.preventDefault());
  }

  size() {
    const { across } = this.drawing;
    this.svg.setAttribute("viewBox", `0 0 ${across * PAGE} ${PAGE}`);
    $("#paper").style.setProperty("--across", across);
    for (const id of ["#behind", "#before"]) $(id).setAttribute("width", across * PAGE);
  }

  /** Two addresses of pictures. */
  scene({ behind, before }) {
    $("#behind").setAttribute("href", behind);
    $("#before").setAttribute("href", before);
  }

  choose(id) {
    if (this.chosen === id) return;
    this.chosen = id;
    this.show();
    this.onchosen(id);
  }

  setMode(mode) {
    this.mode = mode;
    document.body.classList.toggle("drawing", mode === "draw");
    if (mode === "draw") this.choose("");
    for (const node of this.nodes.values()) node.setAttribute("tabindex", mode === "draw" ? "-1" : "0");
  }

  // --- showing ---------------------------------------------------------------------------------

  show() {
    const box = $("#layers");
    const { layers } = this.drawing;
    const kept = new Set(layers.map((layer) => layer.id));
    for (const [id, node] of this.nodes) if (!kept.has(id)) (node.remove(), this.nodes.delete(id));
    if (!kept.has(this.chosen) && this.chosen) ((this.chosen = ""), this.onchosen(""));
    layers.forEach((layer, n) => {
      const node = this.nodes.get(layer.id) ?? this.#born(layer);
      this.#place(node, layer, n);
      if (box.children[n] !== node) {
        const focused = document.activeElement === node || document.activeElement === box.children[n] ? document.activeElement : null;
        box.insertBefore(node, box.children[n] ?? null);
        focused?.focus();
      }
    });
    $("#strokes").replaceChildren(...this.drawing.strokes.map((stroke) => draw("path", { d: pathOf(stroke), stroke: stroke.colour, "stroke-width": stroke.width * PAGE })));
    this.#frame();
  }

  #born(layer) {
    const node = draw("g", { tabindex: this.mode === "draw" ? "-1" : "0", role: "button" });
    node.dataset.id = layer.id;
    node.append(draw("rect"), draw("image", { href: addressOf(layer.sticker), preserveAspectRatio: "none" }));
    this.nodes.set(layer.id, node);
    return node;
  }

  #place(node, layer, n) {
    const high = layer.scale * PAGE;
    const wide = high * layer.ratio;
    const [rect, image] = node.children;
    if (image.getAttribute("href") !== addressOf(layer.sticker)) image.setAttribute("href", addressOf(layer.sticker));
    const pad = Math.max(0, (44 - Math.min(wide, high)) / 2); // a finger needs that much
    node.setAttribute("transform", `translate(${layer.x * PAGE} ${layer.y * PAGE}) rotate(${layer.rotation}) scale(${layer.flip ? -1 : 1} 1)`);
    for (const [name, value] of [["x", -wide / 2 - pad], ["y", -high / 2 - pad], ["width", wide + 2 * pad], ["height", high + 2 * pad]]) rect.setAttribute(name, value);
    const free = high * MARGIN;
    for (const [name, value] of [["x", -wide / 2 - free], ["y", -high / 2 - free], ["width", wide + 2 * free], ["height", high + 2 * free]]) image.setAttribute(name, value);
    node.setAttribute("aria-label", say("studio.page.layer", { word: layer.word, n: n + 1 }));
    node.setAttribute("aria-pressed", String(layer.id === this.chosen));
  }

  #frame() {
    const layer = this.drawing.layer(this.chosen);
    const frame = $("#frame");
    frame.toggleAttribute("hidden", !layer);
    if (!layer) return;
    const high = layer.scale * PAGE + 12;
    const wide = layer.scale * PAGE * layer.ratio + 12;
    frame.setAttribute("transform", `translate(${layer.x * PAGE} ${layer.y * PAGE}) rotate(${layer.rotation})`);
    const rect = frame.querySelector(".box");
    for (const [name, value] of [["x", -wide / 2], ["y", -high / 2], ["width", wide], ["height", high]]) rect.setAttribute(name, value);
    const below = layer.y * PAGE - high / 2 < 52 && Math.abs(layer.rotation) < 60; // there is no room above it
    const knob = below ? high / 2 + 30 : -high / 2 - 30;
    const stalk = frame.querySelector(".stalk");
    for (const [name, value] of [["x1", 0], ["x2", 0], ["y1", below ? high / 2 : -high / 2], ["y2", knob]]) stalk.setAttribute(name, value);
    frame.querySelector(".turn").setAttribute("transform", `translate(0 ${knob})`);
    frame.querySelector(".size").setAttribute("transform", `translate(${wide / 2} ${high / 2})`);
  }

  // --- hands and mouse -------------------------------------------------------------------------

  #at(event) {
    const box = this.svg.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * this.drawing.across, y: (event.clientY - box.top) / box.height };
  }

  #down(event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    const at = this.#at(event);
    this.hands.set(event.pointerId, at);
    try {
      this.svg.setPointerCapture(event.pointerId);
    } catch {} // a hand that is gone already
    if (this.mode === "draw") return this.#downDrawing(event, at);
    if (this.hands.size === 2) return this.#pinch();
    if (this.hands.size > 2) return;
    const knob = event.target.closest?.(".knob");
    const node = event.target.closest?.("#layers > g");
    if (knob && this.chosen) return this.#grip(knob.classList.contains("turn") ? "turn" : "size", at);
    if (!node) return this.choose("");
    this.choose(node.dataset.id);
    node.focus({ preventScroll: true });
    this.#grip("move", at);
  }

  #grip(kind, at) {
    this.drawing.begin();
    this.deed = { kind, at, was: { ...this.drawing.layer(this.chosen) } };
  }

  /** Two fingers: what lies under the first one, else what is chosen, is moved, turned and resized at once. */
  #pinch() {
    if (this.deed?.kind === "move") this.deed = null;
    if (!this.chosen) this.chosen = this.#nearest();
    if (!this.chosen) return;
    this.drawing.begin();
    this.deed = { kind: "pinch", was: { ...this.drawing.layer(this.chosen) }, from: this.#span() };
    this.onchosen(this.chosen);
  }

  #nearest() {
    const { x, y } = this.#span();
    const inside = this.drawing.layers.filter((layer) => Math.hypot(layer.x - x, layer.y - y) < layer.scale * Math.max(1, layer.ratio) * 0.7);
    return inside.at(-1)?.id ?? "";
  }

  #span() {
    const [one, two] = [...this.hands.values()];
    return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2, far: Math.hypot(two.x - one.x, two.y - one.y) || 0.001, turn: (Math.atan2(two.y - one.y, two.x - one.x) * 180) / Math.PI };
  }

  #move(event) {
    if (!this.hands.has(event.pointerId)) return;
    const at = this.#at(event);
    this.hands.set(event.pointerId, at);
    if (!this.deed) return;
    const { kind, was, from } = this.deed;
    if (kind === "line" || kind === "erase") return this.#moveDrawing(event);
    if (kind === "move") this.drawing.change(this.chosen, { x: was.x + at.x - this.deed.at.x, y: was.y + at.y - this.deed.at.y });
    if (kind === "size") {
      const far = Math.hypot(at.x - was.x, at.y - was.y) / Math.hypot(this.deed.at.x - was.x, this.deed.at.y - was.y);
      this.drawing.change(this.chosen, { scale: was.scale * far });
    }
    if (kind === "turn") {
      const angle = (to) => (Math.atan2(to.y - was.y, to.x - was.x) * 180) / Math.PI;
      const turned = was.rotation + angle(at) - angle(this.deed.at);
      this.drawing.change(this.chosen, { rotation: Math.abs(((turned % 90) + 90) % 90) < 4 ? Math.round(turned / 90) * 90 : turned });
    }
    if (kind === "pinch" && this.hands.size >= 2) {
      const to = this.#span();
      this.drawing.change(this.chosen, { x: was.x + to.x - from.x, y: was.y + to.y - from.y, scale: (was.scale * to.far) / from.far, rotation: was.rotation + to.turn - from.turn });
    }
  }

  #up(event) {
    if (!this.hands.delete(event.pointerId)) return;
    if (this.deed?.kind === "pinch" && this.hands.size) {
      this.deed = null; // the finger that stays moves nothing
      this.drawing.end();
      return;
    }
    if (this.hands.size && this.deed?.kind !== "line") return;
    this.deed = null;
    this.drawing.end();
  }

  #downDrawing(event, at) {
    if (this.hands.size > 1) return; // a second finger, or the ball of the hand
    if (this.crayon.erases) {
      this.drawing.begin();
      this.deed = { kind: "erase" };
      this.drawing.erase(at.x, at.y, ERASER);
      return;
    }
    this.deed = this.drawing.startLine(this.crayon.colour, this.crayon.width, at.x, at.y) ? { kind: "line", pointer: event.pointerId } : null;
    if (!this.deed) this.ontold(say("studio.page.full"));
  }

  #moveDrawing(event) {
    if (this.deed.kind === "line" && event.pointerId !== this.deed.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      const { x, y } = this.#at(one);
      if (this.deed.kind === "erase") this.drawing.erase(x, y, ERASER);
      else this.drawing.line(x, y);
    }
  }

  // --- keys ------------------------------------------------------------------------------------

  #key(event) {
    const layer = this.drawing.layer(this.chosen);
    if (!layer || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 5 * STEP : STEP;
    const deeds = {
      ArrowLeft: () => this.drawing.change(layer.id, { x: layer.x - step }),
      ArrowRight: () => this.drawing.change(layer.id, { x: layer.x + step }),
      ArrowUp: () => this.drawing.change(layer.id, { y: layer.y - step }),
      ArrowDown: () => this.drawing.change(layer.id, { y: layer.y + step }),
      Delete: () => this.act("remove"), Backspace: () => this.act("remove"), f: () => this.act("flip"),
      "+": () => this.act("bigger"), "=": () => this.act("bigger"), "-": () => this.act("smaller"),
      ",": () => this.drawing.change(layer.id, { rotation: layer.rotation - 5 }), ".": () => this.drawing.change(layer.id, { rotation: layer.rotation + 5 }),
      PageUp: () => this.act("forward"), PageDown: () => this.act("backward"), Escape: () => this.choose(""),
    };
    if (!deeds[event.key]) return;
    event.preventDefault();
    deeds[event.key]();
  }

  /** A button of the toolbar, or its key. */
  act(name) {
    const layer = this.drawing.layer(this.chosen);
    if (!layer) return;
    const { id } = layer;
    if (name === "remove") {
      const at = this.drawing.layers.findIndex((one) => one.id === id);
      const focused = document.activeElement === this.nodes.get(id);
      this.drawing.remove(id);
      this.ontold(say("studio.page.removed", { word: layer.word }), false);
      if (focused) this.nodes.get((this.drawing.layers[at] ?? this.drawing.layers.at(-1))?.id)?.focus();
    }
    if (name === "flip") this.drawing.change(id, { flip: !layer.flip });
    if (name === "bigger") this.drawing.change(id, { scale: layer.scale * 1.12 });
    if (name === "smaller") this.drawing.change(id, { scale: layer.scale / 1.12 });
    if (name === "turn") this.drawing.change(id, { rotation: layer.rotation + 15 });
    if (name === "forward") this.drawing.order(id, 1);
    if (name === "backward") this.drawing.order(id, -1);
  }
}
