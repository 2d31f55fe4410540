// Make elements, always from text: nothing from the network is ever parsed as HTML.

// Leaflet uses this one text to ask whether the browser has SVG. The page's policy allows no other HTML.
if (window.trustedTypes) {
  trustedTypes.createPolicy("default", { createHTML: (text) => (text === "<svg/>" ? text : null) });
}

/** Make an element. `attributes` become properties if it has them; `children` are elements or text. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make a button that calls `act` when it is clicked. */
export function makeButton(text, act, attributes = {}) {
  const button = make("button", { type: "button", ...attributes }, text);
  button.addEventListener("click", act);
  return button;
}

const DRAWING = "http://www.w3.org/2000/svg";

/** Make an SVG element. Its attributes never become properties. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(DRAWING, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Set the element's text, unless it is the same: screen readers would read it again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
