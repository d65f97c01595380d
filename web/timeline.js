// The chat as a list that knows its order: lines come in any order, twice, or changed, and show once.

import { $, calm, el } from "/web/dom.js";
import { bubble, fill } from "/web/bubble.js";
import { dayOf, say } from "/web/words.js";

const GROUP_MS = 3 * 60 * 1000;
const NEAR_PX = 80;
const ANSWERED_MS = 10_000;

export class Timeline {
  constructor(actions) {
    this.actions = actions;
    this.lines = new Map(); // id -> line, also presses and edits
    this.nodes = new Map(); // id -> li
    this.days = new Map(); // day -> separator
    this.pinned = true; // the newest line is in view and stays there
    this.followed_ms = 0; // until then a new line is what somebody pressed for
    this.unread = 0;
    this.log = $("#log");
    this.scroller = $("#scroll");
    this.watchScrolling();
    this.watchKeys();
  }

  // --- lines ---------------------------------------------------------------------------------

  /** Take lines in, each by its id, and show them. */
  take(lines, { quiet = false } = {}) {
    let fresh = 0;
    for (const line of lines) {
      const known = this.lines.get(line.id);
      if (known && !known.state && line.changed_ms < known.changed_ms) continue; // older news than we have
      if (line.from === "me" && known?.files?.length && line.files.length)
        line.files.forEach((file, n) => (file.address = known.files[n]?.address)); // keep the picture that is shown already
      this.lines.set(line.id, line);
      if (!known && line.from !== "me" && !line.withdrawn) fresh += 1;
    }
    this.arrange();
    if (fresh && !quiet) {
      this.unread += this.pinned && !document.hidden ? 0 : fresh;
      this.showUnread();
    }
    if (fresh && !quiet && Date.now() < this.followed_ms) this.toBottom(true, true);
    else if (this.pinned) this.toBottom(!quiet);
  }

  /** What comes next answers a press, wherever that was: it is brought into view. */
  follow() {
    this.followed_ms = Date.now() + ANSWERED_MS;
  }

  drop(id) {
    this.lines.delete(id);
    this.arrange();
  }

  get(id) {
    return this.lines.get(id);
  }

  get size() {
    return this.shown.length;
  }

  /** The lines that are bubbles, in their order, edits applied. */
  collect() {
    const all = [...this.lines.values()].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
    const edits = new Map();
    for (const line of all) if (line.kind === "edit") edits.set(line.target, line);
    return all
      .filter((line) => (line.from === "me" ? line.kind === "text" : !line.withdrawn && !isEmpty(line)))
      .map((line) => {
        const edit = edits.get(line.id);
        const shown = edit ? { ...line, text: edit.text, edited: true, state: edit.state ?? line.state } : line;
        return line.reply_to ? { ...shown, quote: this.quote(line.reply_to) } : shown;
      });
  }

  quote(id) {
    const line = this.lines.get(id);
    if (!line) return null;
    return { id, name: say(line.from === "me" ? "web.me" : "web.anna"), text: this.snippet(line) };
  }

  snippet(line) {
    const kind = line.picture ? "web.picture" : line.audio ? "web.music" : line.files?.[0]?.mime.startsWith("audio/") ? "web.voice" : "web.photo";
    return line.text ? line.text.slice(0, 120) : say(kind);
  }

  /** Put every bubble and day where it belongs, moving only what is elsewhere. */
  arrange() {
    this.shown = this.collect();
    const wanted = [];
    let before = null;
    this.shown.forEach((line, index) => {
      const day = new Date(line.at_ms).toDateString();
      if (!before || new Date(before.at_ms).toDateString() !== day) wanted.push(this.separator(day, line.at_ms));
      const node = this.nodes.get(line.id) ?? bubble(line, this.actions);
      this.nodes.set(line.id, node);
      fill(node, line, this.actions);
      const after = this.shown[index + 1];
      node.classList.toggle("first", !together(before, line));
      node.classList.toggle("last", !after || !together(line, after));
      wanted.push(node);
      before = line;
    });
    let place = this.log.firstElementChild;
    for (const node of wanted) {
      if (node === place) place = place.nextElementSibling;
      else this.log.insertBefore(node, place);
    }
    while (place) {
      const next = place.nextElementSibling;
      place.remove();
      if (place.dataset.id) this.nodes.delete(place.dataset.id);
      place = next;
    }
    if (!this.log.querySelector('.line[tabindex="0"]')) this.log.lastElementChild?.setAttribute("tabindex", "0");
  }

  separator(day, ms) {
    const node = this.days.get(day) ?? el("li", { class: "day", role: "separator" }, el("span"));
    node.firstElementChild.textContent = dayOf(ms);
    this.days.set(day, node);
    return node;
  }

  // --- looking at it ---------------------------------------------------------------------------

  watchScrolling() {
    let last = 0;
    this.scroller.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.scroller;
      const near = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      if (near) this.pinned = true;
      else if (scrollTop < last - 2) this.pinned = false; // only a person scrolls up
      last = scrollTop;
      if (near && !document.hidden) this.unread = 0;
      this.showUnread();
    }, { passive: true });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.pinned) this.unread = 0;
      this.showUnread();
    });
    const follow = new ResizeObserver(() => this.pinned && this.toBottom(false));
    follow.observe(this.log);
    follow.observe(this.scroller);
    $("#pill").addEventListener("click", () => this.toBottom(true, true));
  }

  toBottom(smooth = true, byHand = false) {
    if (byHand) this.pinned = true;
    const far = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight;
    const soft = smooth && !calm() && far < this.scroller.clientHeight * 2;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: soft ? "smooth" : "instant" });
  }

  showUnread() {
    const pill = $("#pill");
    pill.hidden = this.pinned;
    pill.classList.toggle("news", this.unread > 0);
    pill.firstElementChild.textContent = this.unread ? say("web.unread", { count: this.unread }) : "";
    pill.setAttribute("aria-label", say(this.unread ? "web.new_messages" : "web.to_bottom"));
    document.title = this.unread ? `(${this.unread}) ${say("web.title")}` : say("web.title");
  }

  /** Keep the same line in view while older ones are put above it. */
  keepingPlace(change) {
    const before = this.scroller.scrollHeight - this.scroller.scrollTop;
    change();
    this.scroller.scrollTop = this.scroller.scrollHeight - before;
  }

  goto(id) {
    const node = this.nodes.get(id);
    if (!node) return;
    this.pinned = false;
    node.scrollIntoView({ block: "center", behavior: calm() ? "instant" : "smooth" });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 1600);
    this.focus(node);
  }

  /** Every picture of the chat in order, for turning over in the lightbox. */
  pictures() {
    return [...this.log.querySelectorAll("[data-address]")].map(({ dataset }) => ({ address: dataset.address, alt: dataset.alt }));
  }

  // --- by keyboard -----------------------------------------------------------------------------

  watchKeys() {
    this.log.addEventListener("keydown", (event) => {
      const node = event.target.closest(".line");
      if (!node || event.target !== node) return event.key === "Escape" && node?.focus();
      const step = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
      if (step) {
        const all = [...this.log.querySelectorAll(".line")];
        const at = Math.min(all.length - 1, Math.max(0, all.indexOf(node) + step));
        this.focus(all[at]);
        event.preventDefault();
      } else if (event.key === "Enter" || event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
        this.actions.menu(node.dataset.id, node);
        event.preventDefault();
      } else if (event.key === "r" && !event.ctrlKey && !event.metaKey) {
        this.actions.reply(node.dataset.id);
        event.preventDefault();
      }
    });
  }

  focus(node) {
    this.log.querySelector('.line[tabindex="0"]')?.setAttribute("tabindex", "-1");
    node.setAttribute("tabindex", "0");
    node.focus();
  }
}

const isEmpty = (line) => !line.text && !line.picture && !line.audio && !line.document && !line.progress && !line.buttons.length;

const together = (before, after) =>
  before !== null && before.from === after.from && after.at_ms - before.at_ms < GROUP_MS &&
  new Date(before.at_ms).toDateString() === new Date(after.at_ms).toDateString();
