// A small player: cover, a crayon line to draw along, the time, and the picture large.

import { el, icon, stroke } from "/web/dom.js";
import { clock, say } from "/web/words.js";
import * as sound from "/web/sound.js";

/** A hand-drawn wave, always the same one for the same name. */
function wave(name) {
  let seed = 7;
  for (const char of name) seed = (seed * 31 + char.codePointAt(0)) % 9973;
  let path = "M4 20";
  for (let step = 1; step <= 24; step += 1) {
    seed = (seed * 137 + 71) % 9973;
    const x = 4 + step * 8;
    const height = 5 + (seed % 13);
    path += ` Q${x - 4} ${step % 2 ? 20 - height : 20 + height} ${x} ${20 + (seed % 3) - 1}`;
  }
  return path;
}

/** A player for the sound at `address`; `together` opens the picture large while it plays. */
export function player(address, title, { cover = "", together = null, seconds = 0 } = {}) {
  const name = title || say("web.music");
  const button = el("button", { type: "button", class: "play", onclick: () => sound.toggle(address) }, icon("play"));
  const [under, over] = ["under", "over"].map((part) => stroke("0 0 200 40", wave(address), `wave ${part}`, [part]));
  const range = el("input", { type: "range", min: "0", max: "1000", value: "0", "aria-label": say("web.seek") });
  range.addEventListener("input", () => sound.seek(address, range.value / 1000));
  const time = el("span", { class: "time" }, seconds ? clock(seconds) : "");
  const face = el("div", { class: cover ? "cover" : "cover bare" }, cover ? el("img", { src: cover, alt: "", loading: "lazy" }) : null, button);
  const track = el("div", { class: "track" }, under, over, range);
  const more = together
    ? el("button", { type: "button", class: "together", onclick: together }, icon("together"), say("web.together"))
    : null;
  const head = el("div", { class: "head" }, el("b", {}, name), time);
  const node = el("div", { class: "player", role: "group", "aria-label": name }, face, el("div", { class: "body" }, head, track, more));
  let drawn = "";
  let shown = null;
  const draw = () => {
    const { mine, playing, at, seconds: whole, broken } = sound.state(address);
    if (!mine && drawn === "idle") return;
    const share = whole ? at / whole : 0;
    drawn = mine ? "mine" : "idle";
    over.style.clipPath = `inset(-6px ${100 - share * 100}% -6px 0)`;
    node.classList.toggle("playing", playing);
    if (shown !== playing) {
      shown = playing;
      button.replaceChildren(icon(playing ? "pause" : "play"));
      button.setAttribute("aria-label", `${say(playing ? "web.pause" : "web.play")}: ${name}`);
    }
    if (document.activeElement !== range || playing) range.value = Math.round(share * 1000);
    range.setAttribute("aria-valuetext", `${clock(at)} / ${clock(whole || seconds)}`);
    time.textContent = broken ? say("web.audio.broken") : whole ? `${clock(at)} / ${clock(whole)}` : seconds ? clock(seconds) : "";
  };
  const stop = sound.watch(() => (node.isConnected ? draw() : stop()));
  draw();
  return node;
}
