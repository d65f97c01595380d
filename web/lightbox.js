// A picture large, alone or while its music plays.

import { $, calm, el } from "/web/dom.js";
import { player } from "/web/player.js";
import { say } from "/web/words.js";
import * as sound from "/web/sound.js";

const dialog = $("#lightbox");
const stage = dialog.querySelector(".stage");
let shown = []; // {address, alt} of every picture that can be turned to
let at = 0;

/** Show one of `pictures`; with `audio` the music plays along. */
export function open(pictures, index, audio = null) {
  shown = pictures;
  turn(index);
  const bar = dialog.querySelector(".sound");
  bar.replaceChildren();
  if (!dialog.open) dialog.showModal();
  dialog.classList.toggle("together", audio !== null);
  if (audio) {
    bar.append(player(audio.address, audio.title));
    sound.restart(audio.address);
  }
}

function turn(index) {
  at = (index + shown.length) % shown.length;
  const { address, alt } = shown[at];
  stage.replaceChildren(el("img", { src: address, alt, class: calm() ? "" : "enter" }));
  dialog.querySelector(".caption").textContent = alt;
  dialog.setAttribute("aria-label", alt || say("web.picture"));
  const save = dialog.querySelector(".tools a");
  save.href = address;
  save.download = `emoseum-${address.split("/").pop()}`;
}

dialog.querySelector(".tools button").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => dialog.classList.contains("together") && sound.hush());
dialog.addEventListener("click", (event) => (event.target === dialog || event.target === stage) && dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.target.matches("input") || shown.length < 2 || dialog.classList.contains("together")) return;
  if (event.key === "ArrowRight") turn(at + 1);
  if (event.key === "ArrowLeft") turn(at - 1);
});

let from = null;
stage.addEventListener("touchstart", (event) => (from = event.touches.length === 1 ? event.touches[0] : null), { passive: true });
stage.addEventListener("touchmove", (event) => {
  if (!from || event.touches.length > 1) return;
  const image = stage.firstElementChild;
  image.style.transform = `translate(${event.touches[0].clientX - from.clientX}px, ${Math.max(0, event.touches[0].clientY - from.clientY)}px)`;
}, { passive: true });
stage.addEventListener("touchend", (event) => {
  if (!from) return;
  const { clientX, clientY } = event.changedTouches[0];
  const [across, down] = [clientX - from.clientX, clientY - from.clientY];
  from = null;
  stage.firstElementChild.style.transform = "";
  if (down > 90 && down > Math.abs(across)) dialog.close();
  else if (Math.abs(across) > 70 && shown.length > 1) turn(at + (across < 0 ? 1 : -1));
});
