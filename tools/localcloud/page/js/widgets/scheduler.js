// Scheduler: sets when something happens, for how long, and how it repeats.

import { make, say } from "../html.js";
import { DAYS, MONTHS, UNITS, inWords, readMask, spanOf, writeMask } from "./schedules.js";
import { makeTimeInput, putSeconds, secondsOf } from "./time.js";

const REPEATS = [["once", "once"], ["interval", "every …"], ["weekly", "on weekdays"], ["monthly", "each month"], ["yearly", "each year"]];

export function makeScheduler({ id, variable, writable, labelledBy }) {
  const words = make("p", { className: "words" });
  const element = make("div", { className: "column scheduler" }, words);
  const form = writable && makeForm(id, labelledBy, (value) => variable.send(value));
  if (form) element.append(form.element);
  return {
    element,
    show() {
      const value = variable.shown;
      const known = value && typeof value === "object" && value.frm;
      try {
        say(words, known ? inWords({ to: 0, len: 0, msk: 0, ...value }) : "No schedule yet");
      } catch {
        say(words, "A schedule that this page cannot read"); // its times are beyond the calendar
      }
      if (form && known) form.show({ to: 0, len: 0, msk: 0, ...value });
    },
  };
}

function makeForm(id, labelledBy, send) {
  const start = Object.assign(makeTimeInput(true), { required: true });
  const end = makeTimeInput(true);
  const length = makeCount(1), lengthUnit = makeSelect(UNITS.map(([name]) => name));
  const repeat = makeSelect(REPEATS.map(([, name]) => name));
  const count = makeCount(1), unit = makeSelect(UNITS.map(([name]) => name));
  const days = DAYS.map((name) => make("input", { type: "checkbox", "aria-label": name }));
  const day = makeCount(1, 31), month = makeSelect(MONTHS);
  const [daysRow, countRow, dayRow] = [
    make("div", { className: "days", role: "group", "aria-label": "Weekdays" },
      ...days.map((input, place) => make("label", {}, input, make("span", {}, DAYS[place])))),
    make("div", { className: "row" }, named(count, "Interval"), named(unit, "Unit of the interval")),
    make("div", { className: "row" }, named(day, "Day of the month"), named(month, "Month")),
  ];
  const element = make(
    "form", { className: "fields" },
    ...field(id, "start", "Start", start),
    ...field(id, "length", "For", make("div", { className: "row" }, length, named(lengthUnit, "Unit of the duration")), length),
    ...field(id, "repeat", "Repeat", make("div", { className: "column" }, repeat, countRow, daysRow, dayRow), repeat),
    ...field(id, "end", "Until", end),
    make("button", { className: "send" }, "Set"),
  );
  element.setAttribute("aria-labelledby", labelledBy);
  const kind = () => REPEATS[Number(repeat.value)][0];
  const arrange = () => {
    countRow.hidden = kind() !== "interval";
    daysRow.hidden = kind() !== "weekly";
    dayRow.hidden = !["monthly", "yearly"].includes(kind());
    month.hidden = kind() !== "yearly";
  };
  let touched = false; // the form is not overwritten while somebody fills it in
  element.addEventListener("input", () => {
    touched = true;
    arrange();
  });
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    touched = false;
    const details = { count: Number(count.value), unit: Number(unit.value), day: Number(day.value), month: Number(month.value) };
    const chosen = days.flatMap((input, place) => (input.checked ? [place] : []));
    send({
      frm: secondsOf(start),
      to: end.value ? secondsOf(end) : 0,
      len: Number(length.value) * UNITS[Number(lengthUnit.value)][1],
      msk: writeMask({ kind: kind(), days: chosen, ...details }),
    });
  });
  arrange();
  return {
    element,
    show({ frm, to, len, msk }) {
      if (touched) return;
      const mask = readMask(msk);
      const [span, spanUnit] = spanOf(len);
      putSeconds(start, frm);
      if (to) putSeconds(end, to);
      else end.value = "";
      Object.assign(length, { value: span });
      lengthUnit.value = String(spanUnit);
      repeat.value = String(REPEATS.findIndex(([name]) => name === mask.kind));
      Object.assign(count, { value: mask.kind === "interval" ? mask.count : 1 });
      unit.value = String(mask.kind === "interval" ? mask.unit : 1);
      days.forEach((input, place) => (input.checked = mask.kind === "weekly" && mask.days.includes(place)));
      day.value = Math.min(Math.max(mask.day, 1), 31);
      month.value = String(Math.min(mask.month, 11));
      arrange();
    },
  };
}

const makeCount = (value, max = 1e6) => make("input", { type: "number", min: 1, max, step: 1, value, required: true, className: "count" });

function makeSelect(names) {
  return make("select", {}, ...names.map((name, place) => make("option", { value: String(place) }, name)));
}

function named(input, name) {
  input.setAttribute("aria-label", name);
  return input;
}

function field(id, name, label, content, input = content) {
  input.id = `${id}-${name}`;
  return [make("label", { htmlFor: input.id }, label), content];
}
