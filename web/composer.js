// Where one writes: Enter sends (never in the middle of composing Hangul), a draft survives, a slash suggests.

import { $, el, icon, toast, touch } from "/web/dom.js";
import { limits, say } from "/web/words.js";

const DRAFT = "emoseum.draft";
const field = $("#words");
const chips = $("#chips");
const hints = $("#hints");
const context = $("#context");

let files = []; // [{file, url}]
let mode = null; // {kind: "reply" | "edit", id}
let commands = [];
let on = {};

/** Connect the composer; `on` has send(text, files, reply_to), edit(id, text), last(). */
export function startComposer(handlers) {
  on = handlers;
  field.value = stored() || "";
  for (const name of ["input", "change"]) field.addEventListener(name, changed);
  field.addEventListener("keydown", keyed);
  $("#composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  $("#attach").addEventListener("click", (event) => on.attachMenu(event.currentTarget));
  context.querySelector("button").addEventListener("click", leaveMode);
  for (const id of ["#pick-photo", "#pick-camera", "#pick-file"])
    $(id).addEventListener("change", (event) => {
      attach([...event.target.files]);
      event.target.value = "";
    });
  field.addEventListener("paste", (event) => {
    const pasted = [...event.clipboardData.files];
    if (!pasted.length) return;
    event.preventDefault();
    attach(pasted);
  });
  watchDrops();
  changed();
}

export const setCommands = (list) => (commands = list);
export const focusWords = () => field.focus({ preventScroll: true });

function keyed(event) {
  if (event.isComposing || event.keyCode === 229) return; // the Enter that ends a Hangul syllable is not ours
  if (hintKey(event)) return event.preventDefault();
  if (event.key === "Enter" && !event.shiftKey && !touch()) {
    event.preventDefault();
    submit();
  } else if (event.key === "Escape" && mode) {
    leaveMode();
  } else if (event.key === "ArrowUp" && !field.value && !files.length && !mode) {
    const last = on.last();
    if (!last) return;
    event.preventDefault();
    editing(last.id, last.text);
  }
}

async function submit() {
  const text = field.value.trim();
  if (!text && !files.length) return;
  if (mode?.kind === "edit") {
    const { id } = mode;
    if (text && !(await on.edit(id, text))) return; // the words stay where they are
    return leaveMode();
  }
  const reply_to = mode?.id ?? "";
  const sent = files.map(({ file }) => file);
  files.forEach(({ url }) => URL.revokeObjectURL(url));
  files = [];
  mode = null;
  field.value = "";
  changed();
  drawContext();
  drawChips();
  const parts = split(text, limits.text_chars);
  parts.forEach((part, n) => on.send(part, n ? [] : sent, reply_to));
  focusWords();
}

/** Pieces that the house takes, cut at the end of a line or sentence. */
function split(text, limit) {
  const pieces = [];
  let rest = text;
  while (rest.length > limit) {
    const window = rest.slice(0, limit);
    const cuts = [window.lastIndexOf("\n"), window.lastIndexOf(". ") + 1, window.lastIndexOf(" ")];
    const at = cuts.find((cut) => cut > limit / 2) ?? limit;
    pieces.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...pieces, rest];
}

function changed() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
  const ready = Boolean(field.value.trim() || files.length || mode?.kind === "edit");
  $("#send").hidden = !ready;
  $("#record").hidden = ready;
  if (mode?.kind !== "edit") store(field.value);
  drawHints();
}

// --- answering and editing -------------------------------------------------------------------

export function replying(id, name, text) {
  mode = { kind: "reply", id, title: name, text };
  drawContext();
  focusWords();
}

export function editing(id, text) {
  mode = { kind: "edit", id, title: say("web.editing"), text };
  drawContext();
  field.value = text;
  changed();
  focusWords();
  field.setSelectionRange(text.length, text.length);
}

function leaveMode() {
  if (mode?.kind === "edit") field.value = stored();
  mode = null;
  drawContext();
  changed();
  focusWords();
}

function drawContext() {
  context.hidden = !mode;
  if (!mode) return;
  context.querySelector(".mark").replaceChildren(icon(mode.kind));
  context.querySelector("b").textContent = mode.title;
  context.querySelector("p span").textContent = mode.text;
}

// --- files -----------------------------------------------------------------------------------

export function attach(list) {
  for (const file of list) {
    if (file.size > limits.upload_bytes) toast(say("web.error.too_large"));
    else if (files.length >= 10) toast(say("web.error.too_many"));
    else files.push({ file, url: URL.createObjectURL(file) });
  }
  drawChips();
  changed();
  focusWords();
}

function drawChips() {
  chips.hidden = !files.length;
  chips.replaceChildren(
    ...files.map((item, index) => {
      const image = item.file.type.startsWith("image/");
      const remove = el("button", { type: "button", "aria-label": say("web.attach.remove", { name: item.file.name }) }, icon("close"));
      remove.addEventListener("click", () => {
        URL.revokeObjectURL(item.url);
        files.splice(index, 1);
        drawChips();
        changed();
        focusWords();
      });
      const plain = el("span", {}, icon(item.file.type.startsWith("audio/") ? "sound" : "file"), item.file.name);
      const preview = el("img", { src: item.url, alt: item.file.name });
      preview.addEventListener("error", () => preview.replaceWith(plain)); // a HEIC photo, say: kept, but not shown here
      return el("li", {}, image ? preview : plain, remove);
    }),
  );
}

function watchDrops() {
  const veil = $("#drop");
  let depth = 0;
  const holds = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => holds(event) && (depth += 1) && (veil.hidden = false));
  addEventListener("dragleave", (event) => holds(event) && (depth -= 1) <= 0 && (veil.hidden = true));
  addEventListener("dragover", (event) => holds(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    attach([...event.dataTransfer.files]);
  });
}

// --- what can be asked for with a slash --------------------------------------------------------

let chosen = 0;

function matching() {
  const typed = /^\/(\S*)$/.exec(field.value);
  if (!typed || mode?.kind === "edit") return [];
  return commands.filter(({ name }) => name.startsWith(typed[1].toLowerCase()));
}

function drawHints() {
  const found = matching();
  chosen = Math.min(chosen, Math.max(0, found.length - 1));
  hints.hidden = !found.length;
  field.setAttribute("aria-expanded", String(found.length > 0));
  hints.replaceChildren(
    ...found.map((command, index) => {
      const row = el("li", { role: "option", id: `hint-${index}`, "aria-selected": String(index === chosen) }, el("b", {}, `/${command.name}`), el("span", {}, command.description));
      row.addEventListener("pointerdown", (event) => event.preventDefault());
      row.addEventListener("click", () => run(command));
      return row;
    }),
  );
  if (found.length) field.setAttribute("aria-activedescendant", `hint-${chosen}`);
  else field.removeAttribute("aria-activedescendant");
  hints.children[chosen]?.scrollIntoView({ block: "nearest" });
}

function run(command) {
  field.value = `/${command.name}`;
  submit();
}

function hintKey(event) {
  const found = matching();
  if (!found.length) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    chosen = (chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    drawHints();
  } else if (event.key === "Tab" && !event.shiftKey) {
    field.value = `/${found[chosen].name} `;
    changed();
  } else if (event.key === "Enter") {
    run(found[chosen]);
  } else if (event.key === "Escape") {
    field.value = "";
    changed();
  } else return false;
  return true;
}

/** Show every command, as the menu's entry does. */
export function suggest() {
  field.value = "/";
  chosen = 0;
  changed();
  focusWords();
}

// --- the draft -------------------------------------------------------------------------------

function stored() {
  try {
    return localStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}

function store(text) {
  try {
    if (text) localStorage.setItem(DRAFT, text);
    else localStorage.removeItem(DRAFT);
  } catch {
    // a browser that keeps nothing
  }
}
