// Every word on the page comes from the catalogue of the person's language.

import { api } from "/web/api.js";

let words = {};
export let language = "";
export let limits = { text_chars: 20000, upload_bytes: 25 * 1024 * 1024, audio_s: 300 };

/** The phrase of a key with its {values}. */
export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const knows = (key) => key in words;

/** Fetch a language and put its words on the page; true where it is a new one. */
export async function speak(wanted, from = "/api/strings") {
  const code = wanted.slice(0, 2).toLowerCase();
  if (code === language) return false;
  const { status, body } = await api(`${from}?lang=${encodeURIComponent(code)}`);
  if (status !== 200) return false;
  ({ words, language } = body);
  limits = body.limits ?? limits;
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", say(node.dataset.label));
    if (node.matches("button, a")) node.title = say(node.dataset.label);
  }
  for (const node of document.querySelectorAll("[data-hint]")) node.placeholder = say(node.dataset.hint);
  return true;
}

const formats = new Map();
function format(name, options) {
  const key = `${language}.${name}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language, options));
  return formats.get(key);
}

export const timeOf = (ms) => format("time", { hour: "numeric", minute: "2-digit" }).format(ms);
export const momentOf = (ms) => format("moment", { dateStyle: "full", timeStyle: "short" }).format(ms);

/** "오늘", "어제", else the whole date. */
export function dayOf(ms) {
  const day = new Date(ms).toDateString();
  if (day === new Date().toDateString()) return say("web.today");
  if (day === new Date(Date.now() - 86400000).toDateString()) return say("web.yesterday");
  return format("day", { year: "numeric", month: "long", day: "numeric", weekday: "long" }).format(ms);
}

/** 75 -> "1:15". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
