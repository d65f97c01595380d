// A voice note: tap to begin and send, or hold to speak and let go; slide left to discard.

import { $, toast } from "/web/dom.js";
import { clock, limits, say } from "/web/words.js";
import * as sound from "/web/sound.js";

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];
const SHORTEST_MS = 700;
const HOLD_MS = 450;
const SLIDE_PX = 90;

const panel = $("#recorder");
const button = $("#record");
const canvas = panel.querySelector("canvas");
let going = null; // {recorder, stream, chunks, begun, levels, ...}

/** `onvoice(file)` gets each finished recording. */
export function startRecorder(onvoice) {
  let down = null;
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    down = { at: Date.now(), x: event.clientX };
    begin(onvoice);
    const up = (release) => {
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
      if (going && down && Date.now() - down.at > HOLD_MS && Date.now() - going.begun > SHORTEST_MS) finish(release.type === "pointerup" && down.x - release.clientX < SLIDE_PX);
      down = null;
    };
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
  });
  button.addEventListener("click", (event) => event.detail === 0 && begin(onvoice)); // by keyboard
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  $("#record-cancel").addEventListener("click", () => finish(false));
  $("#record-send").addEventListener("click", () => finish(true));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") finish(false);
  });
}

async function begin(onvoice) {
  if (going) return;
  const kind = globalThis.MediaRecorder && KINDS.find((name) => MediaRecorder.isTypeSupported(name));
  if (!kind || !navigator.mediaDevices) return toast(say("web.record.missing"));
  going = { begun: Infinity };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
  } catch {
    going = null;
    return toast(say("web.record.denied"));
  }
  sound.hush();
  const recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 48000 });
  const context = new AudioContext();
  const ear = context.createAnalyser();
  ear.fftSize = 512;
  context.createMediaStreamSource(stream).connect(ear);
  going = { recorder, stream, context, ear, kind, onvoice, chunks: [], levels: [], begun: Date.now() };
  recorder.addEventListener("dataavailable", (event) => event.data.size && going?.chunks.push(event.data));
  recorder.start(500);
  $("#composer").hidden = true;
  panel.hidden = false;
  panel.setAttribute("aria-label", say("web.record.going"));
  $("#record-send").focus();
  going.timer = setInterval(draw, 80);
}

function draw() {
  const passed_s = (Date.now() - going.begun) / 1000;
  panel.querySelector("time").textContent = clock(passed_s);
  const samples = new Uint8Array(going.ear.fftSize);
  going.ear.getByteTimeDomainData(samples);
  going.levels.push(Math.min(1, Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 90));
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = getComputedStyle(panel).color;
  const shown = going.levels.slice(-75);
  shown.forEach((level, n) => {
    const height = 5 + level * 54;
    pen.beginPath();
    pen.roundRect(canvas.width - (shown.length - n) * 8, (canvas.height - height) / 2, 4.5, height, 2.2);
    pen.fill();
  });
  if (passed_s >= limits.audio_s) finish(true);
}

function finish(keep) {
  if (!going?.recorder) return;
  const { recorder, stream, context, timer, chunks, kind, begun, onvoice } = going;
  clearInterval(timer);
  const enough = Date.now() - begun >= SHORTEST_MS;
  recorder.addEventListener("stop", () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
    going = null;
    if (!keep) return;
    if (!enough) return toast(say("web.record.short"));
    const mime = kind.split(";")[0];
    onvoice(new File(chunks, `voice.${{ "audio/mp4": "m4a", "audio/ogg": "ogg" }[mime] ?? "webm"}`, { type: mime }));
  });
  recorder.stop();
  panel.hidden = true;
  $("#composer").hidden = false;
  $("#words").focus({ preventScroll: true });
}
