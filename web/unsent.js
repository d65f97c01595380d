// What was written stays here until the house has it: tried again when the connection is back, kept over a reload.

import { newId, post } from "/web/api.js";
import { language, say } from "/web/words.js";

const KEPT = "emoseum.unsent";
const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export class Unsent {
  /** `onchange(line)` shows a line as it stands, `onkept(id, line)` the one that the house has. */
  constructor({ onchange, onkept }) {
    Object.assign(this, { onchange, onkept, items: new Map(), chain: Promise.resolve(), count: 0 });
  }

  /** Lines that a reload or a closed tab left behind; their files are gone with it. */
  restore() {
    for (const fields of read()) {
      this.items.set(fields.id, { fields, files: [] });
      this.show(fields.id, "failed", "");
    }
    if (this.items.size) this.retry();
  }

  /** Send words and files; resolves to true once they are kept. */
  send(fields, files = []) {
    const id = newId();
    const item = { fields: { kind: "text", ...fields, id, language, time_zone }, files };
    item.urls = files.map((file) => URL.createObjectURL(file));
    this.items.set(id, item);
    this.remember();
    return this.deliver(id);
  }

  /** Post something that shows no bubble of its own (a press, an edit); resolves to the house's answer. */
  tell(fields) {
    return post({ ...fields, id: newId(), language, time_zone }, []);
  }

  /** In order, one at a time, so that the diary reads as it was written. */
  deliver(id) {
    this.show(id, "sending", "");
    this.chain = this.chain.then(() => this.attempt(id));
    return this.chain;
  }

  async attempt(id) {
    const item = this.items.get(id);
    if (!item || item.failed) return false;
    const { status, body } = await post(item.fields, item.files);
    if (status === 200) {
      this.items.delete(id);
      this.remember();
      if (body.line.files.length) body.line.files.forEach((file, n) => (file.address = item.urls?.[n]));
      this.onkept(id, body.line);
      return true;
    }
    item.failed = true;
    item.offline = status === 0;
    item.tooLarge = status === 413 && item.files.length > 0;
    this.show(id, "failed", status ? body.say || say("web.error.ours") : say("web.error.offline"));
    return false;
  }

  resend(id) {
    const item = this.items.get(id);
    if (!item) return Promise.resolve(false);
    item.failed = false;
    return this.deliver(id);
  }

  /** Without the files that were too much. */
  wordsOnly(id) {
    const item = this.items.get(id);
    Object.assign(item, { files: [], urls: [] });
    item.fields.id = newId(); // another message: the first one may have arrived in part
    this.items.delete(id);
    this.items.set(item.fields.id, item);
    this.remember();
    this.onchange(null, id);
    item.failed = false;
    return this.deliver(item.fields.id);
  }

  discard(id) {
    this.items.delete(id);
    this.remember();
    this.onchange(null, id);
  }

  /** The connection is back: what failed for want of one goes out by itself. */
  retry() {
    for (const [id, item] of this.items) if (item.failed !== true || item.offline) this.resend(id);
  }

  show(id, state, problem) {
    const item = this.items.get(id);
    item.at_ms ??= Date.now();
    item.order ??= `~${String(item.at_ms)}.${String((this.count += 1)).padStart(6, "0")}`; // after every kept line
    this.onchange({
      id, from: "me", kind: "text", order: item.order, at_ms: item.at_ms, changed_ms: 0, text: item.fields.text ?? "",
      reply_to: item.fields.reply_to, state, problem, words_only: Boolean(item.tooLarge && item.fields.text),
      files: item.files.map((file, n) => ({ address: item.urls[n], mime: file.type, name: file.name, file_bytes: file.size })),
    });
  }

  remember() {
    const texts = [...this.items.values()].map((item) => item.fields).filter((fields) => fields.text);
    try {
      if (texts.length) localStorage.setItem(KEPT, JSON.stringify(texts));
      else localStorage.removeItem(KEPT);
    } catch {
      // a browser that keeps nothing: the page itself still holds the words
    }
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}
