// One line of the chat as an element; what did not change in it is left alone, so that nothing flickers or loses focus.

import { calm, el, icon, linked, safeLink, stroke } from "/web/dom.js";
import { buttonRows } from "/web/buttons.js";
import { player } from "/web/player.js";
import { knows, language, momentOf, say, size, timeOf } from "/web/words.js";

const LONG_CHARS = 1400;
const media = (id) => `/media/${encodeURIComponent(id)}`;
const PARTS = ["quote", "picture", "files", "music", "text", "progress"];

/** An empty element for a line; `actions` does what is tapped in it. */
export function bubble(line, actions) {
  const parts = Object.fromEntries(PARTS.map((name) => [name, el("div", { class: `part ${name}` })]));
  const more = el("button", { type: "button", class: "round small more", tabindex: "-1", "aria-haspopup": "menu" }, icon("more"));
  const meta = el("div", { class: "meta" });
  const face = el("div", { class: "bubble" }, Object.values(parts));
  const rows = el("div", { class: "part buttons" });
  const trouble = el("div", { class: "part trouble" });
  const node = el(
    "li",
    { class: `line ${line.from}`, tabindex: "-1", data: { id: line.id } },
    line.from === "anna" ? el("img", { class: "avatar", src: "/web/anna.svg", alt: "", width: "36", height: "36" }) : null,
    el("div", { class: "column" }, el("div", { class: "name" }), el("div", { class: "beside" }, face, meta, more), trouble, rows),
  );
  more.addEventListener("click", () => actions.menu(line.id, more));
  Object.assign(node, { parts: { ...parts, rows, trouble, meta, name: node.querySelector(".name") }, signs: {} });
  return node;
}

/** Show a line's present contents in its element. */
export function fill(node, line, actions) {
  const { parts } = node;
  node.classList.toggle("bare", !line.text && !line.progress && Boolean(line.picture || line.files?.length));
  node.classList.toggle("unsent", Boolean(line.state));
  part(node, "quote", line.quote ?? null, () => quote(line, actions));
  part(node, "picture", [line.picture, line.picture_alt], () => picture(line.picture, line.picture_alt, line, actions));
  part(node, "files", [line.files ?? [], line.refused, line.document], () => files(line, actions));
  part(node, "music", [line.audio, line.audio_title, line.cover], () => music(line, actions));
  part(node, "text", line.text, () => (isTitle(line) ? [] : words(line.text)));
  part(node, "progress", line.progress ? line.progress.stage : null, () => (line.progress ? progress() : []));
  if (line.progress) advance(parts.progress, line.progress);
  part(node, "rows", line.buttons ?? [], () => (line.buttons?.length ? [buttonRows(line.buttons, (button) => actions.press(line.id, button))] : []));
  part(node, "trouble", [line.state, line.problem, line.words_only], () => trouble(line, actions));
  part(node, "meta", [line.at_ms, line.state, line.edited, Boolean(line.progress)], () => meta(line, actions));
  parts.name.textContent = line.from === "me" ? say("web.me") : line.from === "anna" ? say("web.anna") : "Emoseum";
  node.querySelector(".more").setAttribute("aria-label", say("web.menu"));
}

/** Rebuild one part where what it shows has changed; focus stays on the same button. */
function part(node, name, shown, build) {
  const sign = JSON.stringify([language, shown]);
  if (node.signs[name] === sign) return;
  node.signs[name] = sign;
  const place = node.parts[name];
  const focusable = [...place.querySelectorAll("button, a, input")];
  const focused = focusable.indexOf(document.activeElement);
  place.replaceChildren(...build().filter(Boolean));
  if (focused >= 0) (place.querySelectorAll("button, a, input")[focused] ?? node).focus({ preventScroll: true });
}

/** The player says the title already. */
const isTitle = (line) => line.audio && line.text.replace(/^[^\p{L}\p{N}]+/u, "").trim() === line.audio_title;

function words(text) {
  if (!text) return [];
  const body = el("p", { dir: "auto" }, linked(text));
  if (text.length <= LONG_CHARS) return [body];
  body.classList.add("folded");
  const more = el("button", { type: "button", class: "soft unfold" }, say("web.more_text"));
  more.addEventListener("click", () => {
    const folded = body.classList.toggle("folded");
    more.textContent = say(folded ? "web.more_text" : "web.less_text");
  });
  return [body, more];
}

function quote(line, actions) {
  if (!line.quote) return [];
  const { id, name, text } = line.quote;
  return [el("button", { type: "button", class: "quoted", onclick: () => actions.goto(id) }, el("b", {}, name), el("span", {}, text))];
}

function picture(id, alt, line, actions) {
  if (!id) return [];
  const image = el("img", { src: media(id), alt: alt || say("web.picture"), class: calm() ? "" : "arriving", draggable: "false" });
  const button = el("button", { type: "button", class: "paper loading", "aria-label": say("web.picture.open", { alt: alt || "" }) }, image);
  image.addEventListener("load", () => button.classList.remove("loading"));
  button.addEventListener("click", () => actions.enlarge(media(id)));
  Object.assign(button.dataset, { address: media(id), alt: alt || "" });
  return [button];
}

function files(line, actions) {
  const photos = (line.files ?? []).filter((file) => file.mime.startsWith("image/"));
  const others = (line.files ?? []).filter((file) => !file.mime.startsWith("image/"));
  const grid = photos.length ? el("div", { class: `photos n${Math.min(photos.length, 3)}` }, photos.map((file) => photo(file, actions))) : null;
  return [
    grid,
    ...others.map((file) => (file.mime.startsWith("audio/") ? player(source(file), soundName(file), { seconds: file.seconds }) : chip(source(file), file.name, file.file_bytes))),
    line.document ? chip(media(line.document), line.document_name, 0) : null,
    line.refused ? el("p", { class: "refused" }, icon("alert"), say("web.refused")) : null,
  ];
}

const source = (file) => file.address ?? media(file.media);
const soundName = (file) => (!file.name || /^voice\./.test(file.name) ? say("web.voice") : file.name);

function photo(file, actions) {
  const image = el("img", { src: source(file), alt: file.name || say("web.photo"), draggable: "false" });
  const button = el("button", { type: "button", class: "photo", "aria-label": say("web.picture.open", { alt: file.name || say("web.photo") }) }, image);
  Object.assign(button.dataset, { address: source(file), alt: file.name || say("web.photo") });
  button.addEventListener("click", () => actions.enlarge(source(file)));
  image.addEventListener("error", () => button.replaceWith(chip(source(file), file.name, file.file_bytes)), { once: true });
  return button;
}

function chip(address, name, bytes) {
  const label = name || say("web.file");
  const link = safeLink(address, icon("file"), el("span", {}, label), bytes ? el("small", {}, size(bytes)) : null, icon("save"));
  if (!link) return null; // a blob: of a line that is on its way
  link.className = "file";
  link.download = label;
  link.setAttribute("aria-label", say("web.file.save", { name: label }));
  return link;
}

function music(line, actions) {
  if (!line.audio) return [];
  const address = media(line.audio);
  const cover = line.cover ? media(line.cover) : "";
  const together = cover ? () => actions.together(cover, { address, title: line.audio_title }) : null;
  return [player(address, line.audio_title, { cover, together })];
}

// A crayon that scribbles a sun over a hill, as far as the work is done.
const SCRIBBLE =
  "M4 34C14 18 26 12 38 22S54 38 66 26 86 8 98 20s10 20 24 12 14-26 30-20 8 26 24 24 16-24 32-22 12 22 26 20 14-16 22-18";

function progress() {
  const bar = el("div", { class: "scribble", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, stroke("0 0 260 46", SCRIBBLE, "crayon"));
  return [bar, el("p", {})];
}

function advance(place, { stage, done, words }) {
  const key = [`progress.${stage}`, `web.status.${stage}`].find(knows) ?? "web.status.making";
  const label = words || say(key);
  const share = Math.min(1, Math.max(0.06, done));
  const bar = place.querySelector(".scribble");
  const told = place.querySelector("p");
  bar.setAttribute("aria-label", label);
  bar.setAttribute("aria-valuenow", Math.round(share * 100));
  if (told.textContent && told.textContent !== label) told.setAttribute("aria-live", "off"); // nobody wants every percent read out
  told.textContent = label;
  bar.style.setProperty("--done", share * 100);
}

function trouble(line, actions) {
  if (line.state !== "failed") return [];
  const id = line.id;
  return [
    el("p", { role: "alert" }, line.problem || say("web.state.failed")),
    el(
      "div",
      { class: "row" },
      el("button", { type: "button", class: "tap", onclick: () => actions.resend(id) }, say("web.resend")),
      line.words_only ? el("button", { type: "button", class: "tap", onclick: () => actions.wordsOnly(id) }, say("web.words_only")) : null,
      el("button", { type: "button", class: "tap quiet", onclick: () => actions.discard(id) }, say("web.discard")),
    ),
  ];
}

function meta(line, actions) {
  const time = el("time", { datetime: new Date(line.at_ms).toISOString(), title: momentOf(line.at_ms) }, timeOf(line.at_ms));
  const marks = { sending: ["clock", "web.state.sending"], failed: ["alert", "web.state.failed"], kept: ["check", "web.state.kept"] };
  const state = marks[line.state ?? (line.from === "me" ? "kept" : "")];
  const mark = state ? el("span", { class: `state ${line.state ?? "kept"}`, role: "img", "aria-label": say(state[1]), title: say(state[1]) }, icon(state[0])) : null;
  const answer = el("button", { type: "button", class: "answer", "aria-label": say("web.menu.reply"), onclick: () => actions.reply(line.id) }, icon("reply"));
  return [line.state || line.progress || line.from === "house" ? null : answer, line.edited ? el("span", {}, say("web.edited")) : null, mark, time];
}
