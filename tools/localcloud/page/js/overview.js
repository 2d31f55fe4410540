// The first page: lists all dashboards and all things.

import { make, makeButton } from "./html.js";
import { Refused, request } from "./api.js";
import { deviceState } from "./values.js";

/** The view of the dashboards and things that the local API described. */
export class Overview {
  constructor(lists) {
    this.element = make("div", { className: "overview" });
    this.update(lists);
  }

  update([dashboards, things]) {
    const text = JSON.stringify([dashboards, things.map((thing) => ({ ...thing, variables: thing.variables.length }))]);
    if (text === this.text) return;
    this.text = text;
    document.title = "Local Arduino Cloud";
    const owners = new Set(dashboards.map(({ owner }) => owner));
    this.element.replaceChildren(
      part("Dashboards", dashboards.map((each) => dashboardItem(each, owners.size > 1)), "There are no dashboards yet. Make one from a thing:"),
      part("Things", things.map(thingItem), "There are no things yet."),
    );
  }

  take() {}

  close() {}
}

function part(name, items, empty) {
  const content = items.length ? make("ul", { className: "cards" }, ...items) : make("p", { className: "hint" }, empty);
  return make("section", {}, make("h2", {}, name), content);
}

function dashboardItem({ id, name, owner, widgets }, withOwner) {
  const facts = [`${widgets} widget${widgets === 1 ? "" : "s"}`, ...(withOwner ? [owner] : [])];
  return make("li", {}, make("a", { href: `#/dashboard/${id}` }, name), make("p", {}, facts.join(" · ")));
}

function thingItem({ id, name, device_id, device_online, variables }) {
  const facts = `${variables.length} variable${variables.length === 1 ? "" : "s"}`;
  const item = make(
    "li", {},
    make("a", { href: `#/thing/${id}` }, name),
    make("p", {}, `${facts} · `, make("span", { className: `state ${device_online ? "good" : "bad"}` }, deviceState(device_id, device_online))),
  );
  item.append(makeKeep(id, `Make a dashboard for ${name}`));
  return item;
}

/** Return a button that makes a dashboard for a thing and opens it. */
export function makeKeep(thingId, label) {
  const button = makeButton("Make dashboard", async () => {
    button.disabled = true;
    try {
      const { id } = await request("POST", `/things/${thingId}/dashboard`);
      location.hash = `#/dashboard/${id}`;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      button.disabled = false;
      button.textContent = `Not made: ${error.message}`;
    }
  }, { "aria-label": label });
  return button;
}
