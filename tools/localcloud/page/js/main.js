// The page: which view the address names, the feed behind it, and whether it is connected.

import { DashboardView } from "./dashboard.js";
import { follow } from "./feed.js";
import { make, say } from "./html.js";
import { Overview, makeKeep } from "./overview.js";
import { request } from "./api.js";

const AGAIN_MS = 150; // several changes are one fetch

const main = document.getElementById("main");
let view = null, shown = null, turn = 0, changing, connected = false;
let meanwhile = []; // events since the last fetch began

/** What the address after # names: how to fetch it, how to show it. */
function wanted() {
  const [, kind, id] = location.hash.match(/^#\/(dashboard|thing)\/([0-9a-f-]+)$/i) ?? [];
  if (kind === "dashboard") {
    return { fetch: () => request("GET", `/dashboards/${id}`), open: (facts) => new DashboardView(facts, null) };
  }
  if (kind === "thing") {
    return {
      fetch: async () => stable(await request("GET", `/things/${id}/dashboard`)),
      open: (facts) => new DashboardView(facts, makeKeep(id, `Make a dashboard of ${facts.name}`)),
    };
  }
  const fetch = () => Promise.all([request("GET", "/dashboards"), request("GET", "/things")]);
  return { fetch, open: (lists) => new Overview(lists) };
}

/** A dashboard that is not kept has new ids each time; its widgets are known by what they show. */
function stable(dashboard) {
  const widgets = dashboard.widgets.map((widget) => ({ ...widget, id: `${widget.type}-${widget.variables.join("-")}` }));
  return { ...dashboard, widgets };
}

/** Fetch what the address names and show it; a later call overtakes an earlier one. */
async function load() {
  const mine = ++turn;
  const address = location.hash;
  const { fetch, open } = wanted();
  const missed = (meanwhile = []);
  let facts;
  try {
    facts = await fetch();
  } catch (error) {
    if (mine === turn && error.status === 404) showNothing("There is no such dashboard or thing (any more).", address);
    else if (mine === turn) throw error;
    return;
  }
  if (mine !== turn) return;
  if (view && shown === address) {
    view.update(facts);
    replay(missed);
    return;
  }
  view?.close();
  const moved = shown !== null;
  view = open(facts);
  shown = address;
  main.replaceChildren(view.element);
  replay(missed);
  window.scrollTo(0, 0);
  if (moved) main.focus({ preventScroll: true }); // readers begin here, as after a new page
}

/** A device may have come or gone after the cloud looked; values tell their age themselves. */
function replay(events) {
  meanwhile = [];
  for (const event of events) if (event.event === "device") view.take(event);
}

function showNothing(text, address) {
  view?.close();
  view = null;
  shown = address;
  main.replaceChildren(make("p", { className: "hint" }, text), make("p", {}, make("a", { href: "#/" }, "All dashboards")));
}

function changed() {
  clearTimeout(changing);
  changing = setTimeout(() => load().catch(() => {}), AGAIN_MS);
}

const state = document.getElementById("connection");
const lost = document.getElementById("lost");
const WORDS = {
  connecting: ["waiting", "connecting", ""],
  live: ["good", "live", ""],
  lost: ["bad", "not connected", "The connection to the local cloud is lost. Values may be old. Trying again …"],
  locked: ["bad", "not let in", "Open the address that the local cloud printed: it lets this browser in."],
};

function showState(name) {
  const [kind, text, words] = WORDS[name];
  state.className = `state ${kind}`;
  say(state.querySelector(".text"), text);
  say(lost, words);
  lost.hidden = !words;
  connected = name === "live";
  document.body.classList.toggle("stale", Boolean(words));
}

window.addEventListener("hashchange", () => load().catch((error) => connected && showNothing(error.message, location.hash)));
// Only after the first load can there be histories to complete.
follow({
  async onOpen() {
    const again = view !== null;
    await load();
    if (again) view?.refetch?.();
  },
  onEvent(event) {
    if (event.event === "device") meanwhile.push(event);
    if (event.event === "project" || (event.event === "device" && view instanceof Overview)) changed();
    view?.take(event);
  },
  onState: showState,
});
