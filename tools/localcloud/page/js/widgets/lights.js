// Coloured light, dimmed light and colour: show and set their members.

import { make } from "../html.js";
import { makeRange } from "./numbers.js";
import { makeToggle } from "./switches.js";

const SLIDERS = {
  hue: { label: "Hue", high: 360 },
  sat: { label: "Saturation", high: 100 },
  bri: { label: "Brightness", high: 100 },
};

export const makeColouredLight = (frame) => makeLight(frame, ["hue", "sat", "bri"], true);
export const makeDimmedLight = (frame) => makeLight(frame, ["bri"], true);
export const makeColour = (frame) => makeLight(frame, ["hue", "sat", "bri"], false);

function makeLight({ id, variable, writable, labelledBy, name }, members, switched) {
  let current = {};
  // Unchanged members are sent too, so that none is lost.
  const change = (part) => {
    current = { ...current, ...part };
    variable.send(current);
  };
  const swatch = make("span", { className: "swatch", "aria-hidden": "true" });
  const head = make("div", { className: "row" }, swatch);
  const toggle = switched && makeToggle(labelledBy, writable, (on) => change({ swi: on }));
  if (toggle) head.prepend(toggle);
  const element = make("div", { className: "column light" }, head);
  const ranges = members.map((member) => {
    const { label, high } = SLIDERS[member];
    const range = makeRange({
      low: 0, high, step: 1, writable, className: `of-${member}`, onInput: (value) => change({ [member]: value }),
    });
    range.input.id = `${id}-${member}`;
    range.input.setAttribute("aria-label", `${label} of ${name}`);
    element.append(make("div", { className: "named" }, make("label", { htmlFor: range.input.id }, label), range.input));
    return [member, range];
  });
  return {
    element,
    show() {
      const value = variable.shown;
      if (!value || typeof value !== "object") return;
      current = { ...value };
      if (toggle) toggle.checked = value.swi === true;
      for (const [member, range] of ranges) range.show(Number(value[member]) || 0);
      const { hue = 45, sat = 0, bri = 0 } = { ...value, ...(members.includes("hue") ? {} : { hue: 45, sat: 60 }) };
      element.style.setProperty("--hue", Number(hue) || 0);
      element.style.setProperty("--sat", `${Number(sat) || 0}%`);
      swatch.style.background = shade(Number(hue) || 0, Number(sat) || 0, toggle && !value.swi ? 0 : Number(bri) || 0);
    },
  };
}

/** Turn hue, saturation and brightness (HSB) into CSS, which uses lightness. */
function shade(hue, saturation, brightness) {
  const lightness = (brightness / 100) * (1 - saturation / 200);
  const edge = Math.min(lightness, 1 - lightness);
  const strength = edge ? (brightness / 100 - lightness) / edge : 0;
  return `hsl(${hue} ${(100 * strength).toFixed(1)}% ${(100 * lightness).toFixed(1)}%)`;
}
