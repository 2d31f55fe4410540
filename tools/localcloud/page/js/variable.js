// A cloud variable as the page knows it: its value, and values that are being sent to the cloud.

import { request } from "./api.js";

/** A cloud variable. Its watchers are functions without arguments, called after each change. */
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

  /** Take newly fetched facts. */
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

  /**
   * Take a value of an answer or an event, unless a newer one came meanwhile. Its number tells: its time is only
   * what the cloud's clock said.
   */
  takeUnlessOlder({ value, time_us, number }) {
    if (!(this.number > number)) Object.assign(this, { value, number, timeUs: time_us });
  }

  /** The value to show: the one being sent until the cloud confirms it, otherwise the last one. */
  get shown() {
    return this.sending ? this.wanted : this.value;
  }

  changed() {
    for (const watcher of this.watchers) watcher();
  }

  /** Handle a live value. */
  take(event) {
    for (const watcher of this.sampleWatchers) watcher(event.time_us, event.value, event.source);
    if (!event.is_last) return;
    this.takeUnlessOlder(event);
    this.changed();
  }

  /**
   * Send a value. While one is being sent, others wait; only the last of these is sent, or with `every` each of
   * them. The widget shows the answer. Returns true if the cloud accepted the value.
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
