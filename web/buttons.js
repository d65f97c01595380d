// Buttons under a message: rows of them, stars, check marks, links and diallers.

import { el, icon, safeLink } from "/web/dom.js";
import { say } from "/web/words.js";

const STAR = /[★☆]/u;
const RATED = { "🖍": "web.rate.picture", "💬": "web.rate.comment", "🎵": "web.rate.music" };
const ANSWER_MS = 2500; // after which a row can be pressed again although nothing changed

/** The rows of a line; `press(button)` resolves to false where it could not be sent. */
export function buttonRows(rows, press) {
  const box = el("div", { class: "rows" });
  const pressed = async (button, node) => {
    const row = node.closest(".row, .stars");
    if (row.dataset.waiting) return;
    row.dataset.waiting = "yes";
    node.classList.add("pending");
    if (await press(button)) await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    delete row.dataset.waiting;
    node.classList.remove("pending");
  };
  box.append(...rows.map((row) => (isStars(row) ? stars(row, pressed) : el("div", { class: "row" }, row.map((button) => one(button, pressed))))));
  return box;
}

const isStars = (row) => row.length === 5 && row.every((button) => STAR.test(button.text) && button.press);

function one(button, pressed) {
  if (button.url) return linkButton(button);
  const box = /^[✅⬜]\uFE0F?\s*/u.exec(button.text);
  const text = box ? button.text.slice(box[0].length) : button.text;
  const node = el(
    "button",
    { type: "button", class: box ? "tap box" : "tap", "aria-pressed": box || button.chosen ? String(Boolean(button.chosen)) : null },
    box ? el("span", { class: "tick" }, icon("check")) : null,
    text,
  );
  node.addEventListener("click", () => pressed(button, node));
  return node;
}

function linkButton(button) {
  const calls = /^(tel|sms):/i.test(button.url);
  const link = safeLink(button.url, icon(calls ? "call" : "link"), button.text);
  link?.classList.add("tap", "link");
  return link;
}

/** Five stars in a row: filled up to the one that was given, or that the pointer is over. */
function stars(row, pressed) {
  const given = row.findLastIndex((button) => button.chosen) + 1 || row.filter((button) => button.text.includes("★")).length;
  const lead = [...row[0].text.replace(STAR, "").replace("\uFE0F", "").trim()].join("");
  const label = RATED[lead] ? say(RATED[lead]) : lead || say("web.rate");
  const nodes = row.map((button, index) => {
    const node = el(
      "button",
      {
        type: "button",
        class: index < given ? "star full" : "star",
        "aria-label": say("web.stars", { count: index + 1 }),
        "aria-pressed": String(index + 1 === given),
      },
      icon("star"),
    );
    node.addEventListener("click", () => {
      nodes.forEach((other, n) => other.classList.toggle("full", n <= index));
      pressed(button, node);
    });
    return node;
  });
  return el("div", { class: "stars", role: "group", "aria-label": label }, el("span", {}, label), el("div", {}, nodes));
}
