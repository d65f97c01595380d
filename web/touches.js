// Fingers on a line: slide it right to answer, hold it for its menu.

import { $ } from "/web/dom.js";

const HOLD_MS = 480;
const SLIDE_PX = 64;

export function watchTouches({ reply, menu }) {
  const log = $("#log");
  let held = null; // {line, x, y, timer, sliding}
  log.addEventListener("touchstart", (event) => {
    const line = event.target.closest(".line");
    if (!line || event.touches.length > 1 || event.target.closest("input, .buttons")) return;
    const { clientX: x, clientY: y } = event.touches[0];
    held = { line, x, y, sliding: false };
    held.timer = setTimeout(() => {
      navigator.vibrate?.(12);
      menu(line.dataset.id, line);
      held = null;
    }, HOLD_MS);
  }, { passive: true });
  log.addEventListener("touchmove", (event) => {
    if (!held) return;
    const across = event.touches[0].clientX - held.x;
    const down = Math.abs(event.touches[0].clientY - held.y);
    if (Math.abs(across) > 8 || down > 8) clearTimeout(held.timer);
    if (!held.sliding && down > 12) return (held = null);
    if (across > 14) held.sliding = true;
    if (!held.sliding) return;
    const shift = Math.min(SLIDE_PX + 16, Math.max(0, across));
    held.line.style.setProperty("--slide", `${shift}px`);
    held.line.classList.toggle("answering", shift >= SLIDE_PX);
  }, { passive: true });
  const end = () => {
    if (!held) return;
    clearTimeout(held.timer);
    if (held.line.classList.contains("answering")) reply(held.line.dataset.id);
    held.line.classList.remove("answering");
    held.line.style.removeProperty("--slide");
    held = null;
  };
  log.addEventListener("touchend", end);
  log.addEventListener("touchcancel", end);
}
