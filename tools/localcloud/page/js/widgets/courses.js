// A variable's values over time, as many as a chart shows.

import { request } from "../api.js";

/** A variable's values as numbers, with times in seconds, oldest first. */
export class Course {
  constructor(variable) {
    this.variable = variable;
    this.times = [];
    this.numbers = [];
  }

  /**
   * Fetch the values between two times (s). Live values that arrive meanwhile stay. With `live`, so do earlier ones that
   * are later than `end`, as happens if this machine's clock is behind the cloud's.
   */
  async fetch(start, end, points, live) {
    const early = live ? this.times.map((time, place) => [time, this.numbers[place]]).filter(([time]) => time > end) : [];
    this.meanwhile = early;
    const [startUs, endUs] = [start, end].map((seconds) => Math.max(0, Math.round(seconds * 1e6)));
    const query = `start_us=${startUs}&end_us=${Math.max(endUs, startUs + 1)}&points=${points}`;
    const answer = await request("GET", `${this.variable.path}/course?${query}`);
    if (this.meanwhile !== early) return; // a later fetch has begun
    this.meanwhile = null;
    const half = answer.interval_s ? answer.interval_s / 2 : 0; // averages are drawn in the middle of their interval
    const found = (answer.before ? [answer.before] : []).concat(answer.points.map(([us, value]) => [us + half * 1e6, value]));
    this.times = found.map(([us]) => us / 1e6);
    this.numbers = found.map(([, value]) => numberOf(value));
    const last = this.times.at(-1) ?? 0;
    for (const [time, number] of early) if (time > last) this.put(time, number);
  }

  /** Add a live value. */
  add(timeUs, value) {
    const point = [timeUs / 1e6, numberOf(value)];
    this.meanwhile?.push(point);
    this.put(...point);
  }

  put(time, number) {
    let place = this.times.length;
    while (place && this.times[place - 1] > time) place -= 1;
    if (this.times[place - 1] === time) {
      this.numbers[place - 1] = number;
      return;
    }
    this.times.splice(place, 0, time);
    this.numbers.splice(place, 0, number);
  }

  /** Drop values before a time (s), except for the last one, where the line begins. */
  forget(start) {
    const next = this.times.findIndex((each) => each >= start);
    const count = (next < 0 ? this.times.length : next) - 1;
    if (count <= 0) return;
    this.times.splice(0, count);
    this.numbers.splice(0, count);
  }

  /** Return the value at a time (s): that of the last sample before it. */
  at(time) {
    const next = this.times.findIndex((each) => each > time);
    return this.numbers[(next < 0 ? this.times.length : next) - 1];
  }
}

const numberOf = (value) => (typeof value === "boolean" ? Number(value) : typeof value === "number" ? value : null);
