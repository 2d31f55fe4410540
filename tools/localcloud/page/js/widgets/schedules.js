// Schedules: reads and writes the mask of their repetition, and describes them. Times are seconds of local time.

export const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
export const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** The units of an interval, by their number in the mask, with their seconds. */
export const UNITS = [["s", 1], ["min", 60], ["h", 3600], ["d", 86400]];
const KINDS = ["once", "interval", "weekly", "monthly", "yearly"];
const KIND_AT = 26, UNIT_AT = 30, COUNT_MASK = 0x3ffffff, BYTE = 255;

/** Return the mask as `{kind, count, unit, days, day, month}`. `days` are numbers from 0 (Sunday); `month` is from 0. */
export function readMask(mask) {
  return {
    kind: KINDS[(mask >>> KIND_AT) & 15] ?? "once",
    count: mask & COUNT_MASK,
    unit: mask >>> UNIT_AT,
    days: DAYS.map((_, day) => day).filter((day) => (mask >>> day) & 1),
    day: mask & BYTE,
    month: (mask >>> 8) & BYTE,
  };
}

export function writeMask({ kind, count, unit, days, day, month }) {
  const details = {
    once: 0,
    interval: ((unit << UNIT_AT) | (count & COUNT_MASK)) >>> 0,
    weekly: days.reduce((bits, each) => bits | (1 << each), 0),
    monthly: day & BYTE,
    yearly: (month << 8) | (day & BYTE),
  };
  return ((KINDS.indexOf(kind) << KIND_AT) | details[kind]) >>> 0;
}

/** Return a time span as `[count, unit]`, in the largest unit that gives a whole number. */
export function spanOf(seconds) {
  const unit = UNITS.findLastIndex(([, size]) => seconds && seconds % size === 0);
  return unit < 0 ? [seconds, 0] : [seconds / UNITS[unit][1], unit];
}

/** Return the schedule as a sentence. */
export function inWords({ frm, to, len, msk }) {
  const { kind, count, unit, days, day, month } = readMask(msk);
  const start = new Date(frm * 1000);
  const options = { timeZone: "UTC" };
  const time = start.toLocaleTimeString(undefined, options), date = start.toLocaleDateString(undefined, options);
  const when = {
    once: `on ${date} at ${time}`,
    interval: `every ${count} ${UNITS[unit][0]} from ${date}, ${time}`,
    weekly: `every ${days.map((each) => DAYS[each]).join(", ") || "week"} at ${time}`,
    monthly: `on day ${day} of each month at ${time}`,
    yearly: `each year on ${day} ${MONTHS[month] ?? ""} at ${time}`,
  }[kind];
  const [length, lengthUnit] = spanOf(len);
  const end = to ? `, until ${new Date(to * 1000).toLocaleDateString(undefined, options)}` : "";
  return `${when[0].toUpperCase()}${when.slice(1)} for ${length} ${UNITS[lengthUnit][0]}${end}`;
}
