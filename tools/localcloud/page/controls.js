// What a variable looks like: a control where the cloud may write, its value where it may not.
// makeControl(variable, send) -> {element, show(value), spark([[time, number], …]) or undefined}

const SEND_EVERY = 120; // ms between values while a slider moves

const UNITS = {
  TEMPERATURE: "°C", TEMPERATURE_C: "°C", TEMPERATURE_F: "°F", HOME_TEMPERATURE_C: "°C", HOME_TEMPERATURE_F: "°F",
  PERCENTAGE: "%", PERCENTAGE_RELATIVE_HUMIDITY: "%", PERCENTAGE_BATTERY_LEVEL: "%", VOLT: "V", AMPERE: "A",
  WATT: "W", LUX: "lx", HERTZ: "Hz", PASCAL: "Pa", METER: "m", KILOGRAM: "kg", DECIBEL: "dB", LITER: "l",
};
const BOOLEAN = /^(STATUS|(?:HOME|GOOGLE_HOME|SMART_HOME)_(?:LIGHT|CONTACT_SENSOR|MOTION_SENSOR|SMART_PLUG|SWITCH))$/;
const COLORED = /^(COLOR_HSB|(?:HOME|GOOGLE_HOME|SMART_HOME)_COLORED_LIGHT)$/;
const DIMMED = /_DIMMED_LIGHT$/;
const MEMBERS = /^(LOCATION|SCHEDULE|GENERIC_COMPLEX_PROPERTY)$|_TELEVISION$/;

export function makeControl(variable, send) {
  const writable = variable.permission === "READ_WRITE";
  if (BOOLEAN.test(variable.type)) return writable ? makeSwitch(variable, send) : makeLamp();
  if (COLORED.test(variable.type) && writable) return makeLight(variable, send, true);
  if (DIMMED.test(variable.type) && writable) return makeLight(variable, send, false);
  if (COLORED.test(variable.type) || DIMMED.test(variable.type) || MEMBERS.test(variable.type)) return makeMembers();
  if (variable.type === "CHARSTRING") return writable ? makeText(variable, send) : makeReadout("");
  return makeNumber(variable, writable ? send : null);
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function formatted(value) {
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1e6 ? value.toExponential(3) : String(Number(value.toFixed(value >= 100 ? 1 : 2)));
}

// Sends at most every SEND_EVERY ms, and always the last value.
function limited(send) {
  let timer, waiting;
  return (value) => {
    waiting = [value];
    if (timer) return;
    const fire = () => {
      timer = undefined;
      if (!waiting) return;
      const [next] = waiting;
      waiting = undefined;
      timer = setTimeout(fire, SEND_EVERY);
      send(next);
    };
    fire();
  };
}

function makeReadout(unit) {
  const number = make("span");
  const element = make("p", { className: "value none" }, number);
  if (unit) element.append(make("span", { className: "unit" }, unit));
  number.textContent = "–";
  return {
    element,
    show(value) {
      if (value === null || value === undefined) return;
      const text = formatted(value);
      element.classList.remove("none");
      element.classList.toggle("long", text.length > 12);
      number.textContent = text;
    },
  };
}

function makeLamp() {
  const lamp = make("span", { className: "lamp" });
  lamp.setAttribute("aria-hidden", "true");
  const text = make("span", { className: "value long" }, "–");
  return {
    element: make("div", { className: "row" }, lamp, text),
    show(value) {
      if (value === null) return;
      lamp.classList.toggle("on", value === true);
      text.textContent = value ? "on" : "off";
    },
  };
}

function makeSwitch(variable, send) {
  const input = make("input", { type: "checkbox", className: "switch", id: `set-${variable.id}` });
  input.setAttribute("role", "switch");
  input.setAttribute("aria-labelledby", `name-${variable.id}`);
  const text = make("span", { className: "value long" }, "–");
  input.addEventListener("change", () => send(input.checked));
  return {
    element: make("div", { className: "row" }, input, text),
    show(value) {
      input.checked = value === true;
      text.textContent = value === null ? "–" : value ? "on" : "off";
    },
  };
}

function makeSpark() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "spark");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const area = document.createElementNS(space, "path");
  area.setAttribute("class", "area");
  const line = document.createElementNS(space, "path");
  svg.append(area, line);
  const draw = (samples) => {
    if (samples.length < 2) return;
    const numbers = samples.map((sample) => sample[1]);
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const begin = samples[0][0], span = samples.at(-1)[0] - begin || 1;
    const points = samples.map(([time, number]) => {
      const y = high === low ? 15 : 27 - (24 * (number - low)) / (high - low);
      return `${((100 * (time - begin)) / span).toFixed(2)} ${y.toFixed(2)}`;
    });
    line.setAttribute("d", `M${points.join("L")}`);
    area.setAttribute("d", `M0 30L${points.join("L")}L100 30Z`);
    svg.setAttribute("aria-label", `last ${numbers.length} values, ${formatted(low)} to ${formatted(high)}`);
  };
  return { svg, draw };
}

function makeNumber(variable, send) {
  const readout = makeReadout(UNITS[variable.type]);
  const spark = makeSpark();
  const element = make("div", {}, readout.element, spark.svg);
  let input;
  if (send) {
    const { min_value: low, max_value: high } = variable;
    const percentage = variable.type === "PERCENTAGE" ? [0, 100] : [null, null];
    const [min, max] = [low ?? percentage[0], high ?? percentage[1]];
    const whole = ["INT", "COUNT", "TIME", "INFORMATION_CONTENT"].includes(variable.type);
    input = min !== null && max !== null ? makeSlider(variable, send, min, max, whole) : makeNumberField(variable, send, whole);
    element.append(input.element);
  }
  return {
    element,
    spark: spark.draw,
    show(value) {
      readout.show(value);
      if (input && value !== null) input.show(value);
    },
  };
}

function makeSlider(variable, send, min, max, whole) {
  const input = make("input", { type: "range", id: `set-${variable.id}` });
  Object.assign(input, { min, max, step: whole ? 1 : (max - min) / 200 });
  input.setAttribute("aria-labelledby", `name-${variable.id}`);
  const sendSoon = limited(send);
  let held = false;
  input.addEventListener("pointerdown", () => (held = true));
  input.addEventListener("pointerup", () => (held = false));
  input.addEventListener("input", () => sendSoon(Number(input.value)));
  return { element: input, show: (value) => held || (input.value = value) };
}

function makeNumberField(variable, send, whole) {
  const input = make("input", { type: "number", id: `set-${variable.id}`, step: whole ? "1" : "any" });
  input.setAttribute("aria-labelledby", `name-${variable.id}`);
  const submit = () => input.value !== "" && send(Number(input.value));
  return makeForm(input, submit);
}

function makeText(variable, send) {
  const readout = makeReadout("");
  const input = make("input", { type: "text", id: `set-${variable.id}`, maxLength: 1024 });
  input.setAttribute("aria-labelledby", `name-${variable.id}`);
  const form = makeForm(input, () => send(input.value));
  return {
    element: make("div", {}, readout.element, form.element),
    show(value) {
      readout.show(value);
      if (value !== null) form.show(value);
    },
  };
}

function makeForm(input, submit) {
  const form = make("form", { className: "row" }, input, make("button", { className: "send" }, "Set"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return {
    element: form,
    show(value) {
      // What somebody is typing is not taken from under the hands.
      if (document.activeElement !== input) input.value = value;
    },
  };
}

function makeMembers() {
  const list = make("dl", { className: "members" });
  const element = make("div", {}, make("p", { className: "value none" }, "–"), list);
  return {
    element,
    show(value) {
      if (value === null || typeof value !== "object") return;
      element.firstChild.hidden = true;
      list.replaceChildren(
        ...Object.entries(value).flatMap(([name, member]) => [make("dt", {}, name), make("dd", {}, formatted(member))]),
      );
    },
  };
}

function makeLight(variable, send, colored) {
  const label = (text) => `${variable.name}: ${text}`;
  const on = make("input", { type: "checkbox", className: "switch", id: `set-${variable.id}` });
  on.setAttribute("role", "switch");
  on.setAttribute("aria-label", label("on"));
  const color = make("input", { type: "color", id: `color-${variable.id}` });
  color.setAttribute("aria-label", label("colour"));
  const bright = make("input", { type: "range", min: 0, max: 100, step: 1, id: `bri-${variable.id}` });
  bright.setAttribute("aria-label", label("brightness"));
  const switched = variable.type !== "COLOR_HSB";
  let current = { ...(switched ? { swi: false } : {}), ...(colored ? { hue: 0, sat: 0 } : {}), bri: 0 };
  const sendSoon = limited(send);
  const change = (part) => {
    current = { ...current, ...part };
    sendSoon(current);
  };
  on.addEventListener("change", () => change({ swi: on.checked }));
  color.addEventListener("input", () => change(hueAndSaturation(color.value)));
  bright.addEventListener("input", () => change({ bri: Number(bright.value) }));
  const first = make("div", { className: "row" });
  if (switched) first.append(on);
  if (colored) first.append(color);
  const second = make("div", { className: "row" }, make("label", { htmlFor: bright.id }, "Brightness"), bright);
  return {
    element: make("div", {}, first, second),
    show(value) {
      if (value === null) return;
      current = { ...current, ...value };
      on.checked = current.swi === true;
      bright.value = current.bri;
      if (colored && document.activeElement !== color) color.value = toRgb(current.hue, current.sat);
    },
  };
}

function toRgb(hue, saturation) {
  const channel = (n) => {
    const k = (n + (((hue % 360) + 360) % 360) / 60) % 6;
    const level = 1 - (saturation / 100) * Math.max(0, Math.min(k, 4 - k, 1));
    return Math.max(0, Math.min(255, Math.round(255 * level))).toString(16).padStart(2, "0");
  };
  return `#${channel(5)}${channel(3)}${channel(1)}`;
}

function hueAndSaturation(rgb) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(rgb.slice(at, at + 2), 16) / 255);
  const high = Math.max(red, green, blue), range = high - Math.min(red, green, blue);
  let hue = 0;
  if (range) {
    if (high === red) hue = ((green - blue) / range + 6) % 6;
    else if (high === green) hue = (blue - red) / range + 2;
    else hue = (red - green) / range + 4;
  }
  return { hue: Math.round(hue * 60), sat: high ? Math.round((100 * range) / high) : 0 };
}
