// START HERE: the drawing page asks for the picture of an entry, lets it be changed, and sends it back into the chat.

import { $, el, safeLink, toast } from "/web/dom.js";
import { newId } from "/web/api.js";
import { say, speak } from "/web/words.js";
import { Drawing } from "/web/studio/drawing.js";
import { Sheet, addressOf } from "/web/studio/sheet.js";
import { Sky, offerFaces, offerSky } from "/web/studio/tray.js";

const WAIT_MS = 350; // after the last letter, until stickers are looked for
const CHOICES = ["sky", "face"]; // what the tray offers beside stickers
const STAYS_MS = 700; // after which a window that should have closed has stayed
const entry = new URLSearchParams(location.search).get("entry") ?? "";
const brought = new URLSearchParams(location.hash.slice(1));
const telegram = brought.get("tgWebAppData") ?? "";
const visitor = telegram ? `telegram ${telegram}` : brought.has("pass") ? `pass ${brought.get("pass")}` : "";

let drawing;
let sheet;
let revision = 0;
let tags = [];
let faces = [];
let sky;
let kind = "tags";
let sendingAs = newId(); // the same drawing sent again is the same message
let asked = 0;
let seen = null; // the scene on the sheet
let settled = null; // the drawing as it was sent, or given up: whatever is changed after that is asked about again

async function begin() {
  while (!(await speak(navigator.language || "en", "/api/studio/words"))) await new Promise((resolve) => setTimeout(resolve, 1500));
  tell("web_app_ready");
  tell("web_app_expand");
  tell("web_app_setup_swipe_behavior", { allow_vertical_swipe: false }); // a drag must not close the page
  const { status, body } = await ask(`/api/studio/entry/${encodeURIComponent(entry)}`);
  if (status !== 200) return refused(body.say ?? say("studio.error.offline"));
  await speak(body.language, "/api/studio/words");
  document.title = say("studio.title");
  ({ revision, tags, faces } = body);
  drawing = new Drawing(body);
  sheet = new Sheet(drawing, { ontold: told, onchosen: chosen });
  drawing.onchange = changed;
  sky = new Sky(body, { askFor: askSky, onshown: showScene });
  sheet.size();
  startTools(body);
  changed();
  chosen("");
  sendingAs = newId();
  $("#app").dataset.ready = "yes";
  await find();
}

// --- asking ------------------------------------------------------------------------------------

/** GET, or POST where there is a body; status 0 where nobody answered. */
async function ask(path, body = null, headers = {}) {
  try {
    const answer = await fetch(path, {
      method: body === null ? "GET" : "POST",
      body,
      headers: { Accept: "application/json", ...(visitor ? { "X-Studio": visitor } : {}), ...headers },
      signal: AbortSignal.timeout(20000),
    });
    if (answer.status === 401 && !visitor) location.assign("/login");
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: {} };
  }
}

/** Telegram's own frame around us. */
function tell(event, data = {}) {
  if (!telegram) return;
  if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(event, JSON.stringify(data));
  else if (window.parent !== window) window.parent.postMessage(JSON.stringify({ eventType: event, eventData: data }), "https://web.telegram.org");
}

function refused(words) {
  $("#trouble p").textContent = words;
  $("#loading").textContent = "";
  $("#trouble").showModal();
}

async function send() {
  const button = $("#send");
  button.disabled = true;
  button.querySelector("span").textContent = say("studio.page.sending");
  const sent = drawing.now;
  const { status, body } = await ask("/api/studio/drawing", drawing.sent(entry, revision), { "X-Studio-Id": sendingAs, "Content-Type": "application/json" });
  button.querySelector("span").textContent = say("studio.page.send");
  button.disabled = false;
  if (status !== 200) return toast(body.say ?? say("studio.error.offline"));
  settled = sent;
  tell("web_app_close");
  $("#back").hidden = Boolean(visitor);
  $("#sent").showModal();
}

const unsaved = () => Boolean(drawing?.changed) && drawing.now !== settled;

function leave() {
  if (unsaved() && !confirm(say("studio.page.leave"))) return;
  settled = drawing.now;
  if (!visitor) return location.assign("/");
  if (telegram) tell("web_app_close");
  else window.close();
  setTimeout(() => $("#stays").showModal(), STAYS_MS); // a browser closes no window that was opened by hand
}

// --- stickers ----------------------------------------------------------------------------------

let waiting;
function typed() {
  clearTimeout(waiting);
  waiting = setTimeout(find, WAIT_MS);
}

async function find() {
  clearTimeout(waiting);
  const words = $("#words").value.trim();
  for (const button of $("#kinds").children) button.setAttribute("aria-pressed", String(!words && button.dataset.kind === kind));
  const mine = (asked += 1);
  if (!words && kind === "tags") return offer(tags);
  if (!words && CHOICES.includes(kind)) return choose();
  const { status, body } = await ask("/api/studio/search", JSON.stringify({ entry, words, kind }), { "Content-Type": "application/json" });
  if (mine !== asked) return;
  if (status !== 200) return toast(body.say ?? say("studio.error.offline"));
  offer(body.found);
  if (body.care) care(body.care);
}

function offer(found) {
  $("#nothing").hidden = found.length > 0;
  $("#nothing").textContent = say("studio.page.search.none");
  $("#stickers").replaceChildren(
    ...found.map((one) =>
      el("li", {}, el("button", { type: "button", title: one.word, onclick: () => add(one) }, el("img", { src: addressOf(one.sticker), alt: "", loading: "lazy", decoding: "async" }), el("span", {}, one.word))),
    ),
  );
  $("#stickers").scrollTop = 0;
}

function add(found) {
  const layer = drawing.add(found);
  if (!layer) return toast(say("studio.page.full"));
  sheet.choose(layer.id);
  told(say("studio.page.added", { word: found.word }), false);
}

// --- weather, hour and faces -------------------------------------------------------------------

const isChoosing = () => CHOICES.includes(kind) && !$("#words").value.trim();

/** The tray as it fits to the sheet. */
function choose() {
  if (kind === "sky") return seen && offerSky(seen, drawing.now, (changes) => {
    drawing.under(changes);
    sky.show(drawing.now, true);
    const [[what, name]] = Object.entries(changes);
    told(say("studio.page.chosen", { word: say(`studio.${what}.${name}`) }), false);
  });
  const layer = drawing.layer(sheet.chosen);
  offerFaces(layer, faces, (face) => {
    drawing.look(layer.id, face);
    told(say("studio.page.chosen", { word: say(`studio.face.${face}`) }), false);
  });
}

async function askSky({ weather, time }) {
  const { status, body } = await ask(`/api/studio/entry/${encodeURIComponent(entry)}/scene?${new URLSearchParams({ weather, time })}`);
  if (status === 200) return body;
  toast(body.say ?? say("studio.error.offline"));
  return null;
}

function showScene(scene) {
  seen = scene;
  sheet.scene(scene);
  if (isChoosing()) choose();
}

/** Words that worry us come before any sticker. */
function care({ text, links }) {
  $("#care p").textContent = text;
  $("#care .links").replaceChildren(...links.map(({ text: label, url }) => safeLink(url, label)).filter(Boolean));
  $("#words").value = "";
  if (!$("#care").open) $("#care").showModal();
}

// --- tools -------------------------------------------------------------------------------------

function startTools({ kinds, colours }) {
  $("#send").addEventListener("click", send);
  $("#leave").addEventListener("click", leave);
  $("#undo").addEventListener("click", () => drawing.undo());
  $("#redo").addEventListener("click", () => drawing.redo());
  $("#stays > button").addEventListener("click", () => $("#stays").close());
  $("#care > button").addEventListener("click", () => $("#care").close());
  $("#care").addEventListener("close", find);
  $("#sent").addEventListener("cancel", (event) => event.preventDefault());
  $("#words").addEventListener("input", typed);
  $("#finder").addEventListener("submit", (event) => (event.preventDefault(), find()));
  for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", () => sheet.act(button.dataset.act));
  $("#kinds").replaceChildren(
    ...["tags", ...CHOICES, ...kinds].map((name) => el("button", { type: "button", data: { kind: name }, "aria-pressed": "false", onclick: () => ((kind = name), ($("#words").value = ""), find()) }, say(`studio.kind.${name}`))),
  );
  startModes();
  startCrayons(colours);
  addEventListener("keydown", shortcuts);
  addEventListener("beforeunload", (event) => unsaved() && event.preventDefault());
}

function startModes() {
  const tabs = [$("#mode-place"), $("#mode-draw")];
  const pick = (tab) => {
    for (const one of tabs) {
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
      $(`#${one.getAttribute("aria-controls")}`).hidden = one !== tab;
    }
    sheet.setMode(tab.getAttribute("aria-controls"));
  };
  tabs.forEach((tab, n) => {
    tab.addEventListener("click", () => pick(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      pick(tabs[1 - n]);
      tabs[1 - n].focus();
    });
  });
}

function startCrayons(colours) {
  const box = $("#colours");
  const eraser = $("#eraser");
  const widths = [...document.querySelectorAll("[data-width]")];
  const erase = (on) => {
    sheet.crayon.erases = on;
    eraser.setAttribute("aria-pressed", String(on));
    mark();
  };
  const mark = () => {
    [...box.children].forEach((one, n) => {
      const on = !sheet.crayon.erases && colours[n] === sheet.crayon.colour;
      one.setAttribute("aria-checked", String(on));
      one.tabIndex = colours[n] === sheet.crayon.colour ? 0 : -1;
    });
    for (const one of widths) one.setAttribute("aria-pressed", String(!sheet.crayon.erases && Number(one.dataset.width) === sheet.crayon.width));
  };
  const paint = (n) => ((sheet.crayon.colour = colours[n]), erase(false));
  box.replaceChildren(
    ...colours.map((colour, n) => {
      const node = el("button", { type: "button", role: "radio", "aria-label": say("studio.page.colour.n", { n: n + 1 }), onclick: () => paint(n) });
      node.style.background = colour;
      node.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        const to = (n + by + colours.length) % colours.length;
        paint(to);
        box.children[to].focus();
      });
      return node;
    }),
  );
  for (const one of widths) one.addEventListener("click", () => ((sheet.crayon.width = Number(one.dataset.width)), erase(false)));
  eraser.addEventListener("click", () => erase(!sheet.crayon.erases));
  sheet.crayon.colour = colours[2];
  mark();
}

function shortcuts(event) {
  if (!(event.ctrlKey || event.metaKey) || event.target.closest?.("input")) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  if (key === "y" || event.shiftKey) drawing.redo();
  else drawing.undo();
}

function changed() {
  sendingAs = newId();
  sheet.show();
  sky.show(drawing.now);
  if (isChoosing()) choose();
  $("#undo").disabled = !drawing.past.length;
  $("#redo").disabled = !drawing.future.length;
  $("#send").disabled = false;
}

function chosen(id) {
  for (const button of document.querySelectorAll("[data-act]")) button.disabled = !id;
  if (kind === "face" && isChoosing()) choose();
}

function told(words, shown = true) {
  $("#told").textContent = words;
  if (shown) toast(words);
}

begin();
