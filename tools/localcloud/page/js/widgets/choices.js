// Value selector and value dropdown: choose one of the dashboard's values.

import { make } from "../html.js";

/** Make buttons of which one is pressed. */
export function makeChoice({ id, variable, writable, options, labelledBy }) {
  const choices = choicesOf(options);
  const group = make("div", { className: "choices", role: "radiogroup" });
  group.setAttribute("aria-labelledby", labelledBy);
  const inputs = choices.map(({ value, label }) => {
    const input = make("input", { type: "radio", name: id, disabled: !writable });
    input.addEventListener("change", () => variable.send(value));
    group.append(make("label", {}, input, make("span", {}, label)));
    return input;
  });
  return {
    element: group,
    show() {
      choices.forEach(({ value }, place) => (inputs[place].checked = value === variable.shown));
    },
  };
}

/** Make a drop-down list. */
export function makeDropdown({ variable, writable, options, labelledBy }) {
  const choices = choicesOf(options);
  const select = make("select", { disabled: !writable });
  select.setAttribute("aria-labelledby", labelledBy);
  select.append(make("option", { value: "", disabled: true }, "–"));
  choices.forEach(({ label }, place) => select.append(make("option", { value: String(place) }, label)));
  select.addEventListener("change", () => variable.send(choices[Number(select.value)].value));
  return {
    element: select,
    show() {
      const place = choices.findIndex(({ value }) => value === variable.shown);
      select.value = place < 0 ? "" : String(place);
    },
  };
}

/** Return the choices in `options.values`: plain values, or objects with `value` and `label` (or `name`). */
function choicesOf(options) {
  const list = [options.values, options.options, options.choices].find(Array.isArray) ?? [];
  return list
    .map((each) => (typeof each === "object" && each ? each : { value: each }))
    .filter(({ value }) => ["string", "number", "boolean"].includes(typeof value))
    .map(({ value, label, name }) => ({ value, label: String(label ?? name ?? value) }));
}
