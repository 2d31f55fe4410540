// Value: shows the variable's value, and sets it if that is allowed.

import { make } from "../html.js";
import { isWhole, kindOf, unitOf } from "../values.js";
import { makeReadout } from "./numbers.js";

export function makeValue({ variable, writable, labelledBy }) {
  const readout = makeReadout(unitOf(variable.type));
  const element = make("div", { className: "column" }, readout.element);
  if (writable && ["number", "string"].includes(kindOf(variable.type))) element.append(makeForm(variable, labelledBy));
  return { element, show: () => readout.show(variable.shown) };
}

function makeForm(variable, labelledBy) {
  const text = variable.type === "CHARSTRING";
  const input = text
    ? make("input", { type: "text", maxLength: 1024 })
    : make("input", { type: "number", step: isWhole(variable.type) ? "1" : "any" });
  input.placeholder = "new value";
  input.setAttribute("aria-labelledby", labelledBy);
  const form = make("form", { className: "row" }, input, make("button", { className: "send" }, "Set"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (input.value === "" && !text) return;
    if (await variable.send(text ? input.value : Number(input.value))) input.value = "";
  });
  return form;
}
