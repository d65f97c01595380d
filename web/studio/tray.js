// What can be chosen for the scene itself, in the same tray as the stickers: weather and hour, and the face of who is chosen.

import { $, el } from "/web/dom.js";
import { say } from "/web/words.js";
import { faced, faceOf } from "/web/studio/drawing.js";
import { addressOf } from "/web/studio/sheet.js";

const SHOWN_AS = {
  clear: "sun", cloudy: "sun-behind-large-cloud", rain: "cloud-with-rain", snow: "snowflake", wind: "leaf-fluttering-in-wind", fog: "cloud",
  morning: "sun-behind-small-cloud", day: "sun-with-face", evening: "cityscape-at-dusk", night: "crescent-moon",
};

const keyOf = ({ weather, time }) => `${weather} ${time}`;

function kept({ behind, before, weathers, times }) {
  const [one, two] = [behind, before].map((svg) => URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" })));
  return { behind: one, before: two, weathers, times };
}

/** The scene in the weather and at the hour that were chosen; each is asked for once, however often the drawing changes. */
export class Sky {
  constructor(first, { askFor, onshown }) {
    this.known = new Map([[keyOf(first), Promise.resolve(kept(first))]]);
    Object.assign(this, { askFor, onshown, now: "", wanted: "" });
  }

  /** `askFor` gives null where nobody answered: then the sheet stays as it is until another one is chosen, or `again`. */
  async show(chosen, again = false) {
    const key = keyOf(chosen);
    if (key === this.wanted && !again) return;
    this.wanted = key;
    if (key === this.now) return;
    if (!this.known.has(key)) this.known.set(key, this.askFor(chosen).then((scene) => scene && kept(scene)));
    const scene = await this.known.get(key);
    if (!scene) return void this.known.delete(key);
    if (this.wanted !== key || this.now === key) return;
    this.now = key;
    this.onshown(scene);
  }
}

/** Weathers, then hours; `onpick` is told {weather} or {time}. */
export function offerSky({ weathers, times }, now, onpick) {
  const some = (what, names) => names.map((name) => ({ name: `${what}.${name}`, word: say(`studio.${what}.${name}`), sticker: SHOWN_AS[name], on: now[what] === name, pick: () => onpick({ [what]: name }) }));
  offer([...some("weather", weathers), ...some("time", times)], "");
}

/** The faces of one figure; a hint where nobody is chosen. */
export function offerFaces(layer, faces, onpick) {
  const now = layer ? faceOf(layer.sticker) : "";
  const shown = now ? faces : [];
  offer(
    shown.map((face) => ({ name: `${layer.id}.${face}`, word: say(`studio.face.${face}`), sticker: faced(layer.sticker, face), on: face === now, pick: () => onpick(face) })),
    say("studio.page.face.none"),
  );
}

function offer(choices, hint) {
  $("#nothing").hidden = choices.length > 0;
  $("#nothing").textContent = hint;
  const there = [...$("#stickers").querySelectorAll("button")];
  if (choices.length === there.length && choices.every(({ name }, n) => there[n].dataset.choice === name)) {
    choices.forEach(({ on }, n) => there[n].setAttribute("aria-pressed", String(on))); // who came by key stays where they are
    return;
  }
  const focused = document.activeElement?.dataset?.choice;
  $("#stickers").replaceChildren(
    ...choices.map(({ name, word, sticker, on, pick }) =>
      el("li", {}, el("button", { type: "button", title: word, data: { choice: name }, "aria-pressed": String(on), onclick: pick }, el("img", { src: addressOf(sticker), class: faceOf(sticker) ? "head" : null, alt: "", decoding: "async" }), el("span", {}, word))),
    ),
  );
  $("#stickers").scrollTop = 0;
  if (focused) $(`#stickers [data-choice="${focused}"]`)?.focus();
}
