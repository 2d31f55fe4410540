// Switch and push button: set booleans.

import { make, say } from "../html.js";

/** Make a switch with its state in words. */
export function makeSwitch({ variable, writable, labelledBy, options }) {
  const input = makeToggle(labelledBy, writable, (on) => variable.send(on));
  const text = make("span", { className: "words", hidden: options.showLabels === false });
  return {
    element: make("div", { className: "row big" }, input, text),
    show() {
      const value = variable.shown;
      input.checked = value === true;
      say(text, value === null || value === undefined ? "–" : value ? "on" : "off");
    },
  };
}

/** Make a checkbox that looks like a switch; other widgets use it too. */
export function makeToggle(labelledBy, writable, onChange) {
  const input = make("input", { type: "checkbox", className: "switch", role: "switch", disabled: !writable });
  input.setAttribute("aria-labelledby", labelledBy);
  input.addEventListener("change", () => onChange(input.checked));
  return input;
}

/** Make a button whose value is true while it is held, by pointer or key. */
export function makeButton({ variable, writable, labelledBy, options, name }) {
  const label = typeof options.label === "string" && options.label ? options.label : "Press";
  const button = make("button", { type: "button", className: "push", disabled: !writable }, label);
  button.setAttribute("aria-label", `${label}: ${name}`);
  let held = false;
  const hold = (down) => {
    if (held === down) return;
    held = down;
    button.setAttribute("aria-pressed", String(down));
    variable.send(down, true);
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    hold(true);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
    button.addEventListener(end, () => hold(false));
  }
  button.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) hold(true);
    }
  });
  button.addEventListener("keyup", (event) => (event.key === " " || event.key === "Enter") && hold(false));
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  return {
    element: make("div", { className: "row big" }, button),
    show() {
      const on = variable.shown === true;
      button.classList.toggle("on", on);
      button.setAttribute("aria-pressed", String(on));
    },
    close: () => hold(false),
  };
}
