// Time picker: shows and sets a date and time in the thing's time zone, in seconds like Unix time.

import { make, makeButton, say } from "../html.js";

export function makeTimePicker({ variable, writable, labelledBy }) {
  const text = make("p", { className: "value long" });
  const element = make("div", { className: "column" }, text);
  const input = makeTimeInput(writable);
  input.setAttribute("aria-labelledby", labelledBy);
  if (writable) {
    const now = makeButton("Now", () => variable.send(Math.floor(Date.now() / 1000) + variable.thing.utcOffset));
    const form = make("form", { className: "row wrap" }, input, make("button", { className: "send" }, "Set"), now);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value) variable.send(secondsOf(input));
    });
    element.append(form);
  }
  return {
    element,
    show() {
      const seconds = variable.shown;
      say(text, typeof seconds === "number" ? writtenLocal(seconds) : "–");
      if (document.activeElement !== input && typeof seconds === "number") putSeconds(input, seconds);
    },
  };
}

export function makeTimeInput(writable) {
  return make("input", { type: "datetime-local", step: 1, disabled: !writable });
}

/** Return the input's local time in seconds, 0 if it is empty. */
export function secondsOf(input) {
  const milliseconds = Date.parse(`${input.value}Z`);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

export function putSeconds(input, seconds) {
  const date = new Date(seconds * 1000);
  const text = Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19);
  if (input.value !== text) input.value = text;
}

function writtenLocal(seconds) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  return date.toLocaleString(undefined, { timeZone: "UTC", dateStyle: "medium", timeStyle: "medium" });
}
