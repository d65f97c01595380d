// START HERE: the page asks for the chat, shows it, sends what is written, and listens for answers.

import { $, toast } from "/web/dom.js";
import { Live, api } from "/web/api.js";
import { editing, focusWords, replying, setCommands, startComposer, suggest } from "/web/composer.js";
import { knows, language, say, speak } from "/web/words.js";
import { open } from "/web/lightbox.js";
import { openMenu } from "/web/menu.js";
import { startRecorder } from "/web/recorder.js";
import { Timeline } from "/web/timeline.js";
import { Unsent } from "/web/unsent.js";
import { watchTouches } from "/web/touches.js";

const OVERLAP_MS = 5000; // asked for again, in case a line was still being written
const TYPING_MS = 8000;
const STARS = /[★☆]/u;
let newest_ms = 0;
let lines = 100;
let connected = false;
let typingTimer;
let typingStage = "";

const actions = { menu: lineMenu, goto: (id) => timeline.goto(id), press, reply, resend: (id) => unsent.resend(id),
  wordsOnly: (id) => unsent.wordsOnly(id), discard: (id) => unsent.discard(id), enlarge, together };
const timeline = new Timeline(actions);
const unsent = new Unsent({
  onchange: (line, id) => (line ? timeline.take([line], { quiet: true }) : timeline.drop(id)),
  onkept: (id, line) => timeline.take([line], { quiet: true }),
});

async function begin() {
  while (!(await speak(navigator.language || "en"))) await new Promise((resolve) => setTimeout(resolve, 1500));
  status();
  startComposer({ send, edit, last: lastOwn, attachMenu });
  startRecorder((file) => send("", [file], ""));
  watchTouches({ reply, menu: lineMenu });
  $("#calendar").addEventListener("click", () => send("/calendar", [], ""));
  $("#earlier").addEventListener("click", earlier);
  unsent.restore();
  new Live({ onopen: sync, onevent: heard, onstate: (state) => status((connected = state)), onrefused: () => api("/api/chat?limit=1") });
  if (matchMedia("(pointer: fine)").matches) focusWords();
}

// --- what the house says -----------------------------------------------------------------------

/** Ask for what changed since the last answer; lines come by their id, so asking again shows nothing twice. */
async function sync() {
  const first = newest_ms === 0;
  const since = first ? 0 : Math.max(1, newest_ms - OVERLAP_MS);
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const { status: code, body } = await api(`/api/chat?since_ms=${since}&limit=${lines}&language=${navigator.language}&time_zone=${zone}`);
  if (code !== 200) return setTimeout(sync, 3000);
  await learn(body.language);
  newest_ms = Math.max(newest_ms, body.newest_ms);
  timeline.take(body.lines, { quiet: first });
  if (first) {
    $("#earlier").hidden = !body.more;
    if (!body.lines.length) unsent.tell({ kind: "open" });
    timeline.toBottom(false, true);
  }
  ready();
  unsent.retry();
}

function ready() {
  $("#empty").hidden = timeline.size > 0;
  $("#app").dataset.ready = "yes";
}

/** The person's language may change in the middle of the talk. */
async function learn(code) {
  if (code && code !== language && (await speak(code))) {
    timeline.arrange();
    status();
  }
  if (code && learn.commands !== code) {
    learn.commands = code;
    const answer = await api(`/api/commands?lang=${code}`);
    if (answer.status === 200) setCommands(answer.body);
  }
}

async function heard(event) {
  if (event.type === "line") {
    if (event.line.from !== "me") typing("");
    timeline.take([event.line]);
    ready();
    await learn(event.language);
  } else if (event.type === "typing") {
    typing(event.stage || "writing");
  } else if (event.type === "anew") {
    location.reload(); // this is another diary now: nothing of what stood here stays
  }
}

function typing(stage) {
  typingStage = stage;
  clearTimeout(typingTimer);
  if (stage) typingTimer = setTimeout(() => typing(""), TYPING_MS);
  $("#typing").hidden = !stage;
  $("#typing span").textContent = "";
  if (stage && timeline.pinned) timeline.toBottom();
  status();
}

function status() {
  const stage = [`progress.${typingStage}`, `web.status.${typingStage}`].find(knows) ?? "web.status.typing";
  $("#status").textContent = !connected ? say("web.status.away") : typingStage ? say(stage) : say("web.status.ready");
  $("#app").classList.toggle("away", !connected);
}

async function earlier() {
  lines *= 3;
  const { status: code, body } = await api(`/api/chat?limit=${lines}&language=${language}`);
  if (code !== 200) return;
  timeline.keepingPlace(() => timeline.take(body.lines, { quiet: true }));
  $("#earlier").hidden = !body.more;
}

// --- what a person does --------------------------------------------------------------------------

function send(text, files, reply_to) {
  timeline.pinned = true;
  const sent = unsent.send({ text, reply_to }, files);
  ready();
  return sent;
}

async function edit(id, text) {
  const before = timeline.get(id);
  if (!before || before.text === text) return true;
  const { status: code, body } = await unsent.tell({ kind: "edit", target: id, text });
  if (code === 200) timeline.take([body.line], { quiet: true });
  else toast(body.say || say("web.error.offline"));
  return code === 200;
}

async function press(id, button) {
  const { status: code, body } = await unsent.tell({ kind: "press", target: id, press: button.press });
  if (code !== 200) toast(body.say || say("web.error.press"));
  else if (!STARS.test(button.text)) timeline.follow();
  return code === 200;
}

function reply(id) {
  const line = timeline.shown.find((shown) => shown.id === id);
  if (!line || line.state) return;
  const title = line.from === "me" ? say("web.replying.me") : say("web.replying", { name: say("web.anna") });
  replying(id, title, timeline.snippet(line));
}

const lastOwn = () => timeline.shown.findLast((line) => line.from === "me" && line.text && !line.state);

function lineMenu(id, near) {
  const line = timeline.shown.find((shown) => shown.id === id);
  if (!line || line.state) return;
  const items = [{ icon: "reply", text: say("web.menu.reply"), run: () => reply(id) }];
  if (line.from === "me" && line.text) items.push({ icon: "edit", text: say("web.menu.edit"), run: () => editing(id, line.text) });
  if (line.text) items.push({ icon: "copy", text: say("web.menu.copy"), run: () => copy(line.text) });
  openMenu(near, items);
}

async function copy(text) {
  await navigator.clipboard?.writeText(text).then(() => toast(say("web.copied")), () => {});
}

function attachMenu(near) {
  const pick = (id) => () => $(id).click();
  openMenu(near, [
    { icon: "photo", text: say("web.attach.photo"), run: pick("#pick-photo") },
    { icon: "camera", text: say("web.attach.camera"), run: pick("#pick-camera") },
    { icon: "sound", text: say("web.attach.audio"), run: pick("#pick-file") },
    { icon: "slash", text: say("web.attach.commands"), run: suggest },
  ]);
}

function enlarge(address) {
  const pictures = timeline.pictures();
  open(pictures, Math.max(0, pictures.findIndex((picture) => picture.address === address)));
}

function together(cover, audio) {
  const known = timeline.pictures().find((picture) => picture.address === cover);
  open([known ?? { address: cover, alt: "" }], 0, audio);
}

begin();
