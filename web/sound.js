// One sound at a time: players are views of it.

const audio = new Audio();
audio.preload = "metadata";
export let current = "";
const listeners = new Set();
let frame = 0;

/** Call `listener` whenever what plays, or where it stands, changes; returns how to stop. */
export function watch(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = () => listeners.forEach((listener) => listener());

function run() {
  cancelAnimationFrame(frame);
  if (audio.paused) return;
  tell();
  frame = requestAnimationFrame(run);
}

for (const event of ["play", "playing", "pause", "ended", "loadedmetadata", "durationchange", "seeked", "error"])
  audio.addEventListener(event, () => {
    tell();
    run();
  });

export const state = (address) => ({
  mine: current === address,
  playing: current === address && !audio.paused && !audio.ended,
  at: current === address ? audio.currentTime : 0,
  seconds: current === address && Number.isFinite(audio.duration) ? audio.duration : 0,
  broken: current === address && audio.error !== null,
});

/** Play an address, or pause it where it plays already. */
export async function toggle(address) {
  if (current !== address) load(address);
  if (audio.paused || audio.ended) await audio.play().catch(() => tell());
  else audio.pause();
}

function load(address) {
  audio.pause();
  current = address;
  audio.src = address;
}

export function seek(address, share) {
  if (current !== address) load(address);
  const go = () => (audio.currentTime = share * (audio.duration || 0));
  if (audio.readyState >= 1) go();
  else audio.addEventListener("loadedmetadata", go, { once: true });
}

export async function restart(address) {
  if (current !== address) load(address);
  if (audio.readyState >= 1) audio.currentTime = 0;
  await audio.play().catch(() => tell());
}

export function hush() {
  audio.pause();
}
