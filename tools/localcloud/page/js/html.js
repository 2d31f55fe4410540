// Elements are made here, and only from text: nothing of the network is ever read as HTML.

// Leaflet asks the browser for SVG with this one text. The page's policy lets no other text become HTML.
if (window.trustedTypes) {
  trustedTypes.createPolicy("default", { createHTML: (text) => (text === "<svg/>" ? text : null) });
}

/** An element: `attributes` are properties where it has them, `children` elements or text. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** A button; `act` is called by its click. */
export function makeButton(text, act, attributes = {}) {
  const button = make("button", { type: "button", ...attributes }, text);
  button.addEventListener("click", act);
  return button;
}

const DRAWING = "http://www.w3.org/2000/svg";

/** An element of a drawing; all its attributes are attributes. */
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

/** Put `text` into the element, unless it is there already: readers would say it again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
