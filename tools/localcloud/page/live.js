// The live page: things and their variables, moved by events, acted on through the local API.
// An address that ends in #THING-ID shows that thing alone.

import { makeControl } from "./controls.js";

const API = "/local/v1";
const SPARK_POINTS = 60;
const RECONNECT_FIRST = 500;
const RECONNECT_LONGEST = 8000;

const cards = new Map(); // variable id -> card
const things = new Map(); // thing id -> {element, deviceId}
let loading = null; // the promise of the list that is on its way
const held = []; // events that came meanwhile

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function request(method, path, body) {
  const answer = await fetch(API + path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) {
    const { detail } = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, typeof detail === "string" ? detail : answer.statusText);
  }
  return answer.json();
}

const notice = document.getElementById("notice");
let noticeTimer;

function notify(text, stay = false) {
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(noticeTimer);
  if (!stay) noticeTimer = setTimeout(() => (notice.hidden = true), 5000);
}

function setState(element, kind, text) {
  element.className = `state ${kind}`;
  const span = element.querySelector(".text");
  if (span.textContent !== text) span.textContent = text;
}

function showDevice(thing, online) {
  const state = thing.element.querySelector(".thing-head .state");
  if (!thing.deviceId) setState(state, "", "no device attached");
  else if (online) setState(state, "good", "device online");
  else setState(state, "bad", "device offline");
}

function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function makeCard(variable) {
  const element = clone("variable");
  element.querySelector("h3").textContent = variable.name;
  element.querySelector("h3").id = `name-${variable.id}`;
  element.setAttribute("aria-labelledby", `name-${variable.id}`);
  const type = element.querySelector(".type");
  type.textContent = variable.type.replaceAll("_", " ").toLowerCase();
  if (variable.permission === "READ_ONLY") type.textContent += " · read only";
  const send = (value) =>
    request("PUT", `/things/${variable.thing_id}/variables/${variable.id}/value`, { value }).catch((error) => {
      notify(`${variable.name} was not set: ${error.message}`);
      control.show(card.value);
    });
  const control = makeControl(variable, send);
  element.querySelector(".body").append(control.element);
  const card = { element, control, value: variable.value, timeUs: variable.time_us, points: [] };
  return card;
}

function showTime(card) {
  const time = card.element.querySelector("time");
  if (!card.timeUs) {
    time.textContent = "no value yet";
    return;
  }
  const date = new Date(card.timeUs / 1000);
  time.dateTime = date.toISOString();
  const today = date.toDateString() === new Date().toDateString();
  time.textContent = today ? date.toLocaleTimeString() : date.toLocaleString();
}

function showValue(card, value, timeUs) {
  card.value = value;
  card.timeUs = timeUs;
  card.control.show(value);
  showTime(card);
  card.element.classList.add("fresh");
  clearTimeout(card.freshTimer);
  card.freshTimer = setTimeout(() => card.element.classList.remove("fresh"), 600);
}

function addPoints(card, samples) {
  if (!card.control.spark) return;
  for (const { time_us, value } of samples) {
    if (!card.points.some((point) => point[0] === time_us)) card.points.push([time_us, Number(value)]);
  }
  card.points.sort((a, b) => a[0] - b[0]);
  card.points.splice(0, card.points.length - SPARK_POINTS);
  card.control.spark(card.points);
}

async function loadSpark(variable, card) {
  if (!card.control.spark) return;
  const path = `/things/${variable.thing_id}/variables/${variable.id}/history?limit=${SPARK_POINTS}`;
  addPoints(card, await request("GET", path));
}

// Loads the list. Events that come meanwhile are applied to it, so that no value is lost.
async function load() {
  while (loading) await loading.catch(() => {});
  loading = request("GET", "/things");
  try {
    showThings(await loading);
  } finally {
    loading = null;
  }
  for (const event of held.splice(0)) take(event);
}

function showThings(list) {
  const focused = document.activeElement?.id;
  const main = document.getElementById("things");
  cards.clear();
  things.clear();
  const chosen = list.filter((thing) => thing.id === location.hash.slice(1));
  document.getElementById("all").hidden = !chosen.length || list.length === 1;
  const sections = (chosen.length ? chosen : list).map((thing) => {
    const element = clone("thing");
    element.querySelector("h2").textContent = thing.name;
    element.querySelector(".empty").hidden = thing.variables.length > 0;
    const entry = { element, deviceId: thing.device_id };
    things.set(thing.id, entry);
    showDevice(entry, thing.device_online);
    for (const variable of thing.variables) {
      const card = makeCard(variable);
      cards.set(variable.id, card);
      card.control.show(variable.value);
      showTime(card);
      element.querySelector(".variables").append(card.element);
      loadSpark(variable, card).catch((error) => notify(error.message));
    }
    return element;
  });
  main.replaceChildren(...sections);
  if (!list.length) main.textContent = "There are no things yet.";
  if (focused) document.getElementById(focused)?.focus();
}

function take(event) {
  if (event.event === "project") {
    load().catch((error) => notify(error.message));
  } else if (loading) {
    held.push(event);
  } else if (event.event === "value") {
    const card = cards.get(event.variable_id);
    if (!card) return;
    addPoints(card, [event]);
    if (event.is_last) showValue(card, event.value, event.time_us);
  } else if (event.event === "device") {
    for (const thing of things.values()) {
      if (thing.deviceId === event.device_id) showDevice(thing, event.online);
    }
  }
}

function connect(delay = RECONNECT_FIRST) {
  const state = document.getElementById("connection");
  setState(state, "waiting", "connecting");
  const socket = new WebSocket(`ws://${location.host}${API}/live`);
  let wait = delay;
  socket.onopen = async () => {
    try {
      await load();
      wait = RECONNECT_FIRST;
      setState(state, "good", "live");
    } catch (error) {
      notify(error.message);
      socket.close();
    }
  };
  socket.onmessage = (message) => take(JSON.parse(message.data));
  socket.onclose = async () => {
    setState(state, "bad", "not connected");
    try {
      await request("GET", "/status");
    } catch (error) {
      if (error.status === 401) {
        notify("Open the address that the local cloud printed: it lets this browser in.", true);
        return;
      }
    }
    setTimeout(() => connect(Math.min(wait * 2, RECONNECT_LONGEST)), wait);
  };
}

window.addEventListener("hashchange", () => load().catch((error) => notify(error.message)));
connect();
