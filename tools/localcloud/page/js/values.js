// Write values as text, and know what their types mean.

const UNITS = {
  TEMPERATURE: "°C", TEMPERATURE_C: "°C", TEMPERATURE_F: "°F", DEGREES_CELSIUS: "°C", KELVIN: "K",
  VOLT: "V", ELECTRIC_POTENTIAL: "V", AMPERE: "A", ELECTRIC_CURRENT: "A", WATT: "W", POWER: "W", JOULE: "J",
  OHM: "Ω", FARAD: "F", LUX: "lx", ILLUMINANCE: "lx", LUMEN: "lm", HERTZ: "Hz", FREQUENCY: "Hz", PASCAL: "Pa",
  METER: "m", LENGHT_M: "m", KILOGRAM: "kg", GRAM: "g", LITER: "l", SECOND: "s", DECIBEL: "dB",
  METER_PER_SECOND: "m/s", HEART_RATE: "bpm", NEWTON: "N",
};
const USUAL_LIMITS = [0, 100];
const WHOLE = new Set(["INT", "COUNT", "TIME", "INFORMATION_CONTENT"]);

const BOOLEAN = /^STATUS$|_(LIGHT|CONTACT_SENSOR|MOTION_SENSOR|SMART_PLUG|SWITCH)$/;
const OBJECT = /^(LOCATION|SCHEDULE|COLOR_HSB|GENERIC_COMPLEX_PROPERTY)$|_(COLORED_LIGHT|DIMMED_LIGHT|TELEVISION)$/;

/** Return the kind of a type's values: "object", "boolean", "string" or "number". */
export function kindOf(type) {
  if (OBJECT.test(type)) return "object";
  if (BOOLEAN.test(type)) return "boolean";
  return type === "CHARSTRING" ? "string" : "number";
}

export function unitOf(type) {
  if (type.startsWith("PERCENTAGE")) return "%";
  return UNITS[type] ?? UNITS[type.replace(/^(GOOGLE_|SMART_)?HOME_/, "")] ?? "";
}

export const isWhole = (type) => WHOLE.has(type);

/** Return a value as text; numbers with as many digits as are useful. */
export function written(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "object") {
    return Object.entries(value).map(([name, member]) => `${name} ${written(member)}`).join(", ");
  }
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2);
  return String(Number(value.toPrecision(size >= 1000 ? 6 : 4)));
}

/** Return the state of a thing's device in words. */
export function deviceState(deviceId, online) {
  if (!deviceId) return "no device";
  return online ? "online" : "offline";
}

/** Return a time of the feed as local text. */
export function writtenTime(timeUs) {
  const date = new Date(timeUs / 1000);
  const today = date.toDateString() === new Date().toDateString();
  return today ? date.toLocaleTimeString() : date.toLocaleString();
}

/** Return the limits of a control or gauge: the widget's, the variable's, or the default ones. */
export function limitsOf(options, variable) {
  const low = number(options.min) ?? variable.min ?? USUAL_LIMITS[0];
  const high = number(options.max) ?? variable.max ?? USUAL_LIMITS[1];
  return low < high ? [low, high] : USUAL_LIMITS;
}

/** Read a finite number, which may be text, from the dashboard's JSON; otherwise undefined. */
export function number(value) {
  const read = typeof value === "string" && value.trim() ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : undefined;
}

/** Read a colour from the dashboard's JSON; `usual` if it is not one. */
export function colour(value, usual) {
  return typeof value === "string" && CSS.supports("color", value) ? value : usual;
}
