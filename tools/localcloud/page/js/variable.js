// A cloud variable as the page knows it: its value, and what is on its way to the cloud.

import { request } from "./api.js";

/** Watchers are functions without arguments, called after each change. */
export class Variable {
  constructor(facts, thing) {
    this.thing = thing;
    this.watchers = new Set();
    this.sampleWatchers = new Set();
    this.sending = false;
    this.refusal = "";
    this.waiting = [];
    this.update(facts);
  }

  /** Take the facts of a fresh fetch. */
  update(facts) {
    this.id = facts.id;
    this.name = facts.name;
    this.type = facts.type;
    this.writable = facts.permission === "READ_WRITE";
    this.min = facts.min_value;
    this.max = facts.max_value;
    this.takeUnlessOlder(facts);
    this.changed();
  }

  /** Take a value of an answer; one that came over the feed meanwhile may be newer. */
  takeUnlessOlder(answer) {
    if (!(this.timeUs > answer.time_us)) Object.assign(this, { value: answer.value, timeUs: answer.time_us });
  }

  /** What is to be seen: what was asked for until the cloud has confirmed it, else the last value. */
  get shown() {
    return this.sending ? this.wanted : this.value;
  }

  changed() {
    for (const watcher of this.watchers) watcher();
  }

  /** Take a value event of the feed. */
  take(event) {
    for (const watcher of this.sampleWatchers) watcher(event.time_us, event.value, event.source);
    if (!event.is_last) return;
    this.value = event.value;
    this.timeUs = event.time_us;
    this.changed();
  }

  /**
   * Send a value. While one is on its way the next one waits; of those that wait only the last is sent,
   * with `every` each of them. The answer is shown by the widget; true if the cloud took the value.
   */
  async send(value, every = false) {
    this.wanted = value;
    this.refusal = "";
    this.waiting = every ? [...this.waiting, value] : [value];
    if (this.sending) {
      this.changed();
      return this.turn;
    }
    this.sending = true;
    this.changed();
    this.turn = this.sendWaiting();
    return this.turn;
  }

  async sendWaiting() {
    try {
      while (this.waiting.length) {
        const stored = await request("PUT", `${this.path}/value`, { value: this.waiting.shift() });
        this.takeUnlessOlder(stored);
      }
      return true;
    } catch (error) {
      this.waiting = [];
      this.refusal = error.message;
      return false;
    } finally {
      this.sending = false;
      this.changed();
    }
  }

  get path() {
    return `/things/${this.thing.id}/variables/${this.id}`;
  }
}
