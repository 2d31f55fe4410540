// The page: shows the view that the address names, feeds it, and shows whether it is connected.

import { AccessView, fetchAccess } from "./access.js";
import { DashboardView } from "./dashboard.js";
import { follow } from "./feed.js";
import { make, say } from "./html.js";
import { Overview, makeKeep } from "./overview.js";
import { enter, request } from "./api.js";

const AGAIN_MS = 150; // collects several changes into one fetch

const main = document.getElementById("main");
let view = null, shown = null, turn = 0, changing, connected = false;
let meanwhile = []; // events since the last fetch began

/** Return how to fetch and how to show what the address names after #. */
function wanted() {
  const [, kind, id] = location.hash.match(/^#\/(dashboard|thing)\/([0-9a-f-]+)$/i) ?? [];
  if (kind === "dashboard") {
    return { fetch: () => request("GET", `/dashboards/${id}`), open: (facts) => new DashboardView(facts, null) };
  }
  if (kind === "thing") {
    return {
      fetch: async () => stable(await request("GET", `/things/${id}/dashboard`)),
      open: (facts) => new DashboardView(facts, makeKeep(id, `Make a dashboard for ${facts.name}`)),
    };
  }
  if (location.hash === "#/access") return { fetch: fetchAccess, open: (facts) => new AccessView(facts, changed) };
  const fetch = () => Promise.all([request("GET", "/dashboards"), request("GET", "/things")]);
  return { fetch, open: (lists) => new Overview(lists) };
}

/** Give a dashboard that is not stored stable ids, since its widgets have new ones each time. */
function stable(dashboard) {
  const widgets = dashboard.widgets.map((widget) => ({ ...widget, id: `${widget.type}-${widget.variables.join("-")}` }));
  return { ...dashboard, widgets };
}

/** Fetch what the address names and show it. A later call replaces an earlier one. */
async function load() {
  const mine = ++turn;
  const address = location.hash;
  const { fetch, open } = wanted();
  const missed = (meanwhile = []);
  let facts;
  try {
    facts = await fetch();
  } catch (error) {
    if (mine === turn && error.status === 404) showNothing("This dashboard or thing does not exist (any more).", address);
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
  if (moved) main.focus({ preventScroll: true }); // screen readers begin here, as on a new page
}

/** Apply device events that came after the fetch began. Values need none of this: they have times. */
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
const warnings = document.getElementById("warnings");
const WORDS = {
  connecting: ["waiting", "connecting", ""],
  live: ["good", "live", ""],
  lost: ["bad", "not connected", "The connection to the local cloud was lost. Values may be out of date. Reconnecting …"],
  locked: ["bad", "no access", "Open the address that the local cloud printed: it gives this browser access. Each works once; local-cloud page prints a new one."],
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

/** Show the sentences that the operator should read. */
function showWarnings(texts) {
  warnings.replaceChildren(...texts.map((text) => make("li", {}, text)));
  warnings.hidden = !texts.length;
}

const refusal = await enter();
if (refusal) WORDS.locked[2] = refusal;
window.addEventListener("hashchange", () => load().catch((error) => connected && showNothing(error.message, location.hash)));
// Histories need completing only after the first load.
follow({
  async onOpen() {
    const again = view !== null;
    await Promise.all([load(), request("GET", "/status").then((status) => showWarnings(status.warnings))]);
    if (again) view?.refetch?.();
  },
  onEvent(event) {
    if (event.event === "condition") showWarnings(event.warnings);
    if (event.event === "device") meanwhile.push(event);
    if (event.event === "project" || (event.event === "device" && view instanceof Overview)) changed();
    view?.take(event);
  },
  onState: showState,
});
