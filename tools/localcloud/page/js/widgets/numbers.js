// Slider and stepper: set numbers.

import { make, makeButton, say } from "../html.js";
import { isWhole, limitsOf, number, unitOf, written } from "../values.js";

/** Make a slider with its number. */
export function makeSlider({ variable, writable, options, labelledBy }) {
  const [low, high] = limitsOf(options, variable);
  const unit = unitOf(variable.type);
  const step = number(options.step) ?? (isWhole(variable.type) ? 1 : niceStep(high - low));
  const range = makeRange({ low, high, step, writable, onInput: (value) => variable.send(value) });
  range.input.setAttribute("aria-labelledby", labelledBy);
  const readout = makeReadout(unit);
  const ends = make("div", { className: "ends" }, make("span", {}, written(low)), make("span", {}, written(high)));
  return {
    element: make("div", { className: "column" }, readout.element, range.input, ends),
    show() {
      const value = variable.shown;
      readout.show(value);
      if (typeof value === "number") range.show(value);
      range.input.setAttribute("aria-valuetext", `${written(value)} ${unit}`.trim());
    },
  };
}

/** Make a range input that does not move while somebody drags it. */
export function makeRange({ low, high, step, writable, onInput, className = "" }) {
  const input = make("input", { type: "range", disabled: !writable, className });
  Object.assign(input, { min: low, max: high, step });
  let held = false;
  input.addEventListener("pointerdown", () => (held = true));
  for (const end of ["pointerup", "pointercancel"]) input.addEventListener(end, () => (held = false));
  input.addEventListener("input", () => onInput(Number(input.value)));
  const paint = () => input.style.setProperty("--share", `${(100 * (input.value - low)) / (high - low)}%`);
  input.addEventListener("input", paint);
  return {
    input,
    show(value) {
      if (!held) input.value = value;
      paint();
    },
  };
}

/** Return a round size for about a hundred steps. */
export function niceStep(span) {
  const rough = span / 100, power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 5].find((each) => each * power >= rough * 0.99) ?? 10;
  return Number((round * power).toPrecision(1));
}

/** Make a number with − and +, which can also be typed. */
export function makeStepper({ variable, writable, options, labelledBy, name }) {
  const step = Math.abs(number(options.step) ?? 1) || 1;
  const low = number(options.min) ?? variable.min ?? -Infinity, high = number(options.max) ?? variable.max ?? Infinity;
  const input = make("input", { type: "number", step: "any", disabled: !writable, className: "count" });
  input.setAttribute("aria-labelledby", labelledBy);
  if (low > -Infinity) input.min = low;
  if (high < Infinity) input.max = high;
  const set = (value) => {
    // 0.1 + 0.2 should be 0.3.
    variable.send(Math.min(Math.max(Number(value.toPrecision(12)), low), high));
  };
  const by = (change) => set((typeof variable.shown === "number" ? variable.shown : 0) + change);
  const button = (label, text, change) =>
    makeButton(text, () => by(change), { className: "step", disabled: !writable, "aria-label": `${label} ${name}` });
  input.addEventListener("change", () => input.value !== "" && set(Number(input.value)));
  input.addEventListener("keydown", (event) => {
    const change = { ArrowUp: step, ArrowDown: -step }[event.key];
    if (change === undefined) return;
    event.preventDefault();
    by(change);
  });
  const unit = unitOf(variable.type);
  return {
    element: make(
      "div", { className: "row big" },
      button("Less", "−", -step), input, button("More", "+", step), ...(unit ? [make("span", { className: "unit" }, unit)] : []),
    ),
    show() {
      const value = variable.shown;
      if (typeof value === "number") input.value = Number(value.toPrecision(7));
    },
  };
}

/** Make a value in large letters with its unit. */
export function makeReadout(unit) {
  const text = make("span");
  const element = make("p", { className: "value" }, text);
  if (unit) element.append(make("span", { className: "unit" }, unit));
  return {
    element,
    show(value) {
      const words = written(value);
      element.classList.toggle("none", value === null || value === undefined);
      element.classList.toggle("long", words.length > 12);
      say(text, words);
    },
  };
}
