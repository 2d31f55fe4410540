// Messenger: shows texts from the device and sends texts to it.

import { request } from "../api.js";
import { make } from "../html.js";
import { writtenTime } from "../values.js";

const MOST = 100;
const CLEAR = "\x1b"; // a device clears the window with this text

export function makeMessenger({ variable, writable, labelledBy }) {
  const log = make("ol", { className: "messages", role: "log", tabIndex: 0 });
  log.setAttribute("aria-labelledby", labelledBy);
  const element = make("div", { className: "column messenger" }, log);
  const known = new Set();
  const take = (timeUs, text, source = "") => {
    const key = `${timeUs} ${text}`;
    if (known.has(key) || typeof text !== "string") return;
    known.add(key);
    if (text.startsWith(CLEAR)) {
      log.replaceChildren();
      return;
    }
    const time = make("time", {}, writtenTime(timeUs));
    log.append(make("li", { className: source }, make("p", {}, text), time));
    while (log.children.length > MOST) log.firstChild.remove();
    log.scrollTop = log.scrollHeight;
  };
  const refetch = async () => {
    for (const { time_us, value } of await request("GET", `${variable.path}/history?limit=${MOST}`)) take(time_us, value);
  };
  variable.sampleWatchers.add(take);
  refetch().catch(() => {}); // the page reports a lost connection and fetches again
  if (writable) element.append(makeForm(variable, labelledBy));
  return { element, refetch, close: () => variable.sampleWatchers.delete(take) };
}

function makeForm(variable, labelledBy) {
  const input = make("input", { type: "text", maxLength: 1024, placeholder: "Message", autocomplete: "off" });
  input.setAttribute("aria-labelledby", labelledBy);
  const form = make("form", { className: "row" }, input, make("button", { className: "send" }, "Send"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = input.value;
    if (!text) return;
    input.value = "";
    if (!(await variable.send(text, true))) input.value ||= text; // keep the text if it could not be sent
  });
  return form;
}
