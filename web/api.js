// Talking with the house: asking, posting, and a socket that comes back by itself.

/** GET; status 0 where nobody answered. */
export async function api(path) {
  try {
    const answer = await fetch(path, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20000) });
    if (answer.status === 401) location.assign("/login");
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: {} };
  }
}

/** POST a form; `onshare` hears how much of it is gone, 0..1. Status 0 where nobody answered. */
export function post(fields, files, onshare = () => {}) {
  return new Promise((resolve) => {
    const form = new FormData();
    for (const [key, value] of Object.entries(fields)) if (value) form.append(key, value);
    for (const file of files) form.append("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/messages");
    request.responseType = "json";
    request.timeout = files.length ? 300000 : 30000;
    request.upload.onprogress = (event) => event.lengthComputable && onshare(event.loaded / event.total);
    request.onload = () => {
      if (request.status === 401) location.assign("/login");
      resolve({ status: request.status, body: request.response ?? {} });
    };
    request.onerror = request.ontimeout = request.onabort = () => resolve({ status: 0, body: {} });
    request.send(form);
  });
}

/** A random id; also where the page is not in a secure context and randomUUID is missing. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8000;
const SILENCE_MS = 45000; // the house pings every 20 s

/** A socket that reconnects; `onopen` is where the page asks for what it missed, `onrefused` where it asks why. */
export class Live {
  constructor({ onopen, onevent, onstate, onrefused }) {
    Object.assign(this, { onopen, onevent, onstate, onrefused, wait: FIRST_WAIT_MS, heard: 0 });
    addEventListener("online", () => this.now());
    addEventListener("pageshow", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
    setInterval(() => Date.now() - this.heard > SILENCE_MS && this.socket?.readyState === 1 && this.socket.close(), 5000);
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`);
    this.socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.heard = Date.now();
      this.wait = FIRST_WAIT_MS;
      this.onstate(true);
      this.onopen();
    };
    socket.onmessage = (event) => {
      this.heard = Date.now();
      this.onevent(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.onstate(false);
      if (!opened) this.onrefused();
      this.timer = setTimeout(() => this.connect(), this.wait * (0.7 + 0.6 * Math.random()));
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    };
  }

  /** Connect at once, if it is not connected. */
  now() {
    if (this.socket.readyState <= 1) return;
    this.wait = FIRST_WAIT_MS;
    this.connect();
  }
}
