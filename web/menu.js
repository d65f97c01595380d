// A small menu beside what it belongs to, for mouse, finger and keyboard.

import { $, el, icon } from "/web/dom.js";

const menu = $("#menu");
let opener = null;

/** Show `items` ({icon, text, run}) near an element; focus comes back to it. */
export function openMenu(near, items) {
  if (!items.length) return;
  opener = near;
  menu.replaceChildren(
    ...items.map((item) =>
      el("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: () => closeMenu() ?? item.run() }, icon(item.icon), item.text),
    ),
  );
  menu.hidden = false;
  near.setAttribute("aria-expanded", "true");
  const around = (near.querySelector?.(".bubble") ?? near).getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = around.bottom + height + 12 < innerHeight && near.id !== "attach";
  menu.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, around.left + 4))}px`;
  menu.style.top = `${Math.max(8, below ? Math.min(around.bottom + 6, innerHeight - height - 8) : around.top - height - 6)}px`;
  menu.firstElementChild.focus();
}

export function closeMenu(refocus = true) {
  if (menu.hidden) return;
  menu.hidden = true;
  opener?.setAttribute("aria-expanded", "false");
  if (refocus) opener?.focus({ preventScroll: true });
}

menu.addEventListener("keydown", (event) => {
  const all = [...menu.children];
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined) all.at(to % all.length).focus();
  else if (event.key === "Escape" || event.key === "Tab") closeMenu();
  else return;
  event.preventDefault();
});
addEventListener("pointerdown", (event) => menu.contains(event.target) || closeMenu(false));
$("#scroll").addEventListener("scroll", () => closeMenu(false), { passive: true });
