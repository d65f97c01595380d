// Buttons under a message: rows of them, stars, check marks, links and diallers.

import { el, icon, safeLink } from "/web/dom.js";
import { say } from "/web/words.js";

const STAR = /[★☆]/u;
const RATED = { "🖍": "picture", "💬": "comment", "🎵": "music" };
// Drawn here, as not every machine has a font with emoji in it.
const DRAWN = {
  "🔊": "speaker", "🖍": "brush", "🖌": "brush", "✏": "crayon", "💡": "bulb", "🎲": "dice", "🖼": "photo", "🌡": "warmth", "🧩": "pieces", "🌈": "rainbow", "🫂": "heart", "↩": "undo", "🎵": "sound", "🔔": "bell", "🔕": "bell-off", "🌙": "moon", "🗣": "talk", "🧺": "basket", "🎨": "palette", "📏": "ruler",
  "😢": "face-1", "😟": "face-2", "😐": "face-3", "🙂": "face-4", "😄": "face-5",
};
const EMOJI = /^(\p{Extended_Pictographic})\uFE0F?\s*/u;
const unfolded = new Set(); // by what the first star carries: a line that is shown anew stays as it was left
const ANSWER_MS = 2500; // after which a row can be pressed again although nothing changed

/** The rows of a line; `press(button)` resolves to false where it could not be sent. */
export function buttonRows(rows, press) {
  const rated = rows.filter(isStars);
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
  const plain = rows.filter((row) => !isStars(row)).map((row) => el("div", { class: "row" }, row.map((button) => one(button, pressed))));
  if (rated.length && plain.length) box.append(el("div", { class: "flow" }, plain)); // what leads on from an answer, side by side
  else box.append(...plain);
  if (rated.length) box.append(...folded(rated, pressed));
  return box;
}

/** One small button for all the stars of a line; they open below it. */
function folded(rows, pressed) {
  const key = rows[0][0].press;
  const panel = el("div", { class: "ratings", id: `stars-${key}` }, rows.map((row) => stars(row, pressed)));
  const given = rows.filter((row) => starsGiven(row)).map((row) => `${say(`web.rated.${what(row) ?? "any"}`)} ${starsGiven(row)}`);
  const label = given.length ? given.join(" · ") : say("web.rate.fold");
  const fold = el("button", { type: "button", class: given.length ? "fold given" : "fold", "aria-controls": panel.id }, icon("star"), el("span", {}, label), icon("down"));
  if (given.length) fold.setAttribute("aria-label", `${say("web.rate.fold")}: ${label}`);
  const show = (open) => {
    panel.hidden = !open;
    fold.setAttribute("aria-expanded", String(open));
    if (open) unfolded.add(key);
    else unfolded.delete(key);
  };
  show(unfolded.has(key));
  fold.addEventListener("click", () => show(panel.hidden));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    show(false);
    fold.focus();
  });
  return [fold, panel];
}

const starsGiven = (row) => row.findLastIndex((button) => button.chosen) + 1 || row.filter((button) => button.text.includes("★")).length;
const leadOf = (row) => row[0].text.replace(STAR, "").replace("\uFE0F", "").trim();
const what = (row) => RATED[leadOf(row)];

const isStars = (row) => row.length === 5 && row.every((button) => STAR.test(button.text) && button.press);

function one(button, pressed) {
  if (button.url) return linkButton(button);
  if (button.page) return pageButton(button);
  const box = /^[✅⬜]\uFE0F?\s*/u.exec(button.text);
  const sign = box ? null : EMOJI.exec(button.text);
  const drawn = sign ? DRAWN[sign[1]] : null;
  const text = box ? button.text.slice(box[0].length) : drawn ? button.text.slice(sign[0].length) : button.text;
  const node = el(
    "button",
    { type: "button", class: box ? "tap box" : drawn ? "tap drawn" : "tap", "aria-label": drawn && !text ? button.text : null, "aria-pressed": box || button.chosen ? String(Boolean(button.chosen)) : null },
    box ? el("span", { class: "tick" }, icon("check")) : drawn ? icon(drawn) : null,
    text,
  );
  node.addEventListener("click", () => pressed(button, node));
  return node;
}

/** A page of ours, opened in the place of the chat. */
function pageButton(button) {
  const sign = EMOJI.exec(button.text);
  const drawn = sign ? DRAWN[sign[1]] : null;
  const link = safeLink(button.page, drawn ? icon(drawn) : null, drawn ? button.text.slice(sign[0].length) : button.text);
  link?.classList.add("tap", "drawn");
  return link;
}

function linkButton(button) {
  const calls = /^(tel|sms):/i.test(button.url);
  const link = safeLink(button.url, icon(calls ? "call" : "link"), button.text);
  link?.classList.add("tap", "link");
  return link;
}

/** Five stars in a row: filled up to the one that was given, or that the pointer is over. */
function stars(row, pressed) {
  const given = starsGiven(row);
  const label = what(row) ? say(`web.rate.${what(row)}`) : leadOf(row) || say("web.rate");
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
