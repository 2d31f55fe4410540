// Status and LED: show booleans.

import { make, say } from "../html.js";
import { colour } from "../values.js";

/** Make a word with a sign, so that colour is not the only difference. */
export function makeStatus({ variable, options }) {
  const sign = make("span", { className: "sign", "aria-hidden": "true" });
  const text = make("span", { className: "words" });
  const words = [label(options.falseLabel, "off"), label(options.trueLabel, "on")];
  return {
    element: make("div", { className: "row big state-of" }, sign, text),
    show() {
      const value = variable.shown;
      const known = typeof value === "boolean";
      sign.className = `sign ${known ? (value ? "yes" : "no") : ""}`;
      say(sign, known ? (value ? "✓" : "✕") : "?");
      say(text, known ? words[Number(value)] : "–");
    },
  };
}

const label = (value, usual) => (typeof value === "string" && value ? value : usual);

/** Make a lamp. `options.color` is its colour. */
export function makeLamp({ variable, options }) {
  const lamp = make("span", { className: "lamp", "aria-hidden": "true" });
  const text = make("span", { className: "words" });
  lamp.style.setProperty("--lamp", colour(options.color, "var(--good)"));
  return {
    element: make("div", { className: "row big" }, lamp, text),
    show() {
      const value = variable.shown;
      lamp.classList.toggle("on", value === true);
      say(text, typeof value === "boolean" ? (value ? "on" : "off") : "–");
    },
  };
}
