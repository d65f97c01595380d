// Elements from plain values: text is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/** An element with its properties and children; strings become text nodes, null is left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (key === "data") Object.assign(node.dataset, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** One of the drawn icons. */
export function icon(name) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("class", "icon");
  node.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/web/icons.svg#${name}`);
  node.append(use);
  return node;
}

/** A drawn path, pale below and coloured above. */
export function stroke(viewBox, path, className, parts = ["under", "over"]) {
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("viewBox", viewBox);
  node.setAttribute("class", className);
  node.setAttribute("preserveAspectRatio", "none");
  node.setAttribute("aria-hidden", "true");
  for (const part of parts) {
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", path);
    line.setAttribute("class", part);
    line.setAttribute("pathLength", "100");
    node.append(line);
  }
  return node;
}

export const $ = (selector) => document.querySelector(selector);

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const touch = () => matchMedia("(pointer: coarse)").matches;

const LINK = /\b(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,!?;:)\]}])/gi;

/** Text whose web addresses can be tapped; nothing else in it means anything. */
export function linked(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    nodes.push(text.slice(at, match.index), safeLink(match[0], match[0]));
    at = match.index + match[0].length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

const SCHEMES = ["http:", "https:", "tel:", "sms:", "mailto:"];

/** A link to where it is safe to go, else null. */
export function safeLink(address, ...children) {
  let url;
  try {
    url = new URL(address, location.href);
  } catch {
    return null;
  }
  if (!SCHEMES.includes(url.protocol)) return null;
  const outside = url.protocol.startsWith("http") && url.origin !== location.origin;
  return el("a", { href: address, target: outside ? "_blank" : null, rel: "noopener noreferrer" }, ...children);
}

let toastTimer;
/** A kind sentence for a few seconds. */
export function toast(text) {
  const node = $("#toast");
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (node.hidden = true), Math.max(4000, text.length * 90));
}
