// Gauge and percentage: show a number as an arc.

import { draw, make, say } from "../html.js";
import { limitsOf, number, unitOf, written } from "../values.js";

const MIDDLE = 50, RADIUS = 42;

/** Make half a circle from the minimum to the maximum. */
export function makeGauge({ variable, options, labelledBy }) {
  const [low, high] = limitsOf(options, variable);
  const unit = unitOf(variable.type);
  const arc = makeArc({ from: 180, to: 360, box: "2 2 96 58" });
  const text = make("p", { className: "reading" });
  const ends = make("div", { className: "ends" }, make("span", {}, written(low)), make("span", {}, written(high)));
  const element = make("div", { className: "meter half", role: "meter" }, arc.element, text, ends);
  return follow({ element, arc, text, variable, low, high, unit, labelledBy });
}

/** Make a ring that closes at the maximum. Below `options.threshold` it has another colour. */
export function makePercentage({ variable, options, labelledBy }) {
  const [low, high] = limitsOf(options, variable);
  const arc = makeArc({ from: 270, to: 630, box: "2 2 96 96" });
  const text = make("p", { className: "reading" });
  const element = make("div", { className: "meter ring", role: "meter" }, arc.element, text);
  const threshold = number(options.threshold);
  return follow({ element, arc, text, variable, low, high, unit: "%", labelledBy, threshold });
}

function follow({ element, arc, text, variable, low, high, unit, labelledBy, threshold }) {
  element.setAttribute("aria-labelledby", labelledBy);
  element.setAttribute("aria-valuemin", low);
  element.setAttribute("aria-valuemax", high);
  const digits = make("span");
  text.append(digits, make("span", { className: "unit" }, unit));
  return {
    element,
    show() {
      const value = variable.shown;
      const known = typeof value === "number";
      const share = known ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 0;
      arc.show(share);
      element.classList.toggle("low", known && threshold !== undefined && value < threshold);
      say(digits, written(known ? value : null));
      if (known) element.setAttribute("aria-valuenow", value);
      element.setAttribute("aria-valuetext", `${written(value)} ${unit}`.trim());
    },
  };
}

function makeArc({ from, to, box }) {
  const path = curve(from, to);
  const ground = draw("path", { d: path, class: "ground", pathLength: 100 });
  const filled = draw("path", { d: path, class: "filled", pathLength: 100, "stroke-dasharray": "0 200" });
  return {
    element: draw("svg", { viewBox: box, "aria-hidden": "true" }, ground, filled),
    show(share) {
      // A whole ring must not have a seam.
      filled.setAttribute("stroke-dasharray", share === 1 ? "none" : `${100 * share} 200`);
      filled.classList.toggle("none", share === 0);
    },
  };
}

function curve(from, to) {
  const at = (degrees) => {
    const angle = (degrees * Math.PI) / 180;
    return `${(MIDDLE + RADIUS * Math.cos(angle)).toFixed(3)} ${(MIDDLE + RADIUS * Math.sin(angle)).toFixed(3)}`;
  };
  const middle = (from + to) / 2; // an arc cannot end where it begins
  return `M${at(from)}A${RADIUS} ${RADIUS} 0 0 1 ${at(middle)}A${RADIUS} ${RADIUS} 0 0 1 ${at(to)}${to - from === 360 ? "Z" : ""}`;
}
