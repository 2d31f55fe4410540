// A dashboard: shows its widgets in their places and keeps them up to date.

import { make, makeButton, say } from "./html.js";
import { makeWidget } from "./frame.js";
import { arrange } from "./layout.js";
import { deviceState } from "./values.js";
import { Variable } from "./variable.js";

const PHONE = window.matchMedia("(max-width: 700px)");
const MAIN_PAGE = "0";

/** The view of a dashboard that the local API described. `action` is an element beside its name. */
export class DashboardView {
  constructor(dashboard, action) {
    this.variables = new Map();
    this.things = new Map();
    this.widgets = new Map(); // id -> {widget, view, text}
    this.page = null;
    this.heading = make("h1");
    this.states = make("ul", { className: "things", role: "status" });
    this.tabs = make("nav", { className: "tabs", "aria-label": "Pages" });
    this.grid = make("div", { className: "grid" });
    const head = make("header", { className: "dashboard-head" }, this.heading, this.states);
    if (action) head.append(action);
    this.element = make("article", {}, head, this.tabs, this.grid);
    this.rearrange = () => this.place();
    PHONE.addEventListener("change", this.rearrange);
    this.update(dashboard);
  }

  /** Show a newly fetched dashboard. What has not changed stays, with its focus and half-typed input. */
  update(dashboard) {
    this.dashboard = { ...dashboard, widgets: withOwnIds(dashboard.widgets) };
    document.title = `${dashboard.name} · Local Arduino Cloud`;
    say(this.heading, dashboard.name);
    this.updateThings(dashboard.things);
    for (const [id, facts] of Object.entries(dashboard.variables)) {
      const known = this.variables.get(id);
      if (known && known.type === facts.type) known.update(facts);
      else this.variables.set(id, new Variable(facts, this.things.get(facts.thing_id)));
    }
    for (const id of this.variables.keys()) if (!(id in dashboard.variables)) this.variables.delete(id);
    this.updateWidgets();
    this.showTabs();
    this.place();
  }

  updateThings(things) {
    for (const [id, facts] of Object.entries(things)) {
      const thing = this.things.get(id) ?? { id };
      Object.assign(thing, { name: facts.name, deviceId: facts.device_id, online: facts.online, utcOffset: facts.utc_offset_s });
      this.things.set(id, thing);
    }
    for (const id of this.things.keys()) if (!(id in things)) this.things.delete(id);
    this.showThings();
  }

  updateWidgets() {
    const seen = new Set();
    for (const widget of this.dashboard.widgets) {
      seen.add(widget.id);
      const linked = (widget.variables ?? []).map((id) => this.variables.get(id)).filter(Boolean);
      const { x, y, width, height, ...look } = widget;
      const text = JSON.stringify([look, linked.map((each) => [each.id, each.name, each.type, each.writable, each.min, each.max])]);
      const known = this.widgets.get(widget.id);
      if (known?.text === text) {
        known.widget = widget;
        known.view.show();
        continue;
      }
      known?.view.close();
      known?.view.element.remove();
      this.widgets.set(widget.id, { widget, text, view: makeWidget(widget, linked) });
    }
    for (const [id, { view }] of this.widgets) {
      if (seen.has(id)) continue;
      view.close();
      view.element.remove();
      this.widgets.delete(id);
    }
  }

  /** Show the pages of the dashboard, including empty ones. */
  showTabs() {
    const pages = [...this.dashboard.pages].sort((a, b) => a.position - b.position);
    const used = new Set(this.dashboard.widgets.map(pageOf));
    if (used.has(MAIN_PAGE) && pages.length && !pages.some(({ id }) => id === MAIN_PAGE)) {
      pages.unshift({ id: MAIN_PAGE, name: this.dashboard.name });
    }
    if (!pages.some(({ id }) => id === this.page)) this.page = pages[0]?.id ?? null;
    this.tabs.hidden = pages.length < 2;
    this.tabs.replaceChildren(...pages.map(({ id, name }) => {
      const button = makeButton(name, () => {
        this.page = id;
        for (const each of this.tabs.children) each.setAttribute("aria-pressed", String(each === button));
        this.place();
      });
      button.setAttribute("aria-pressed", String(id === this.page));
      return button;
    }));
  }

  place() {
    const shown = [...this.widgets.values()].filter(({ widget }) => this.page === null || pageOf(widget) === this.page);
    const widgets = shown.map(({ widget }) => widget);
    const layout = PHONE.matches ? arrange(widgets, true) : arrange(widgets);
    // Without places for a phone: one column, in reading order.
    const places = layout?.places ?? arrange(widgets).places;
    this.grid.className = layout ? "grid" : "grid single";
    this.grid.style.setProperty("--columns", layout?.columns ?? 1);
    const elements = [...places].map(([widget, { x, y, width, height }]) => {
      const { element } = this.widgets.get(widget.id).view;
      element.style.gridColumn = layout ? `${x + 1} / span ${width}` : "";
      element.style.gridRow = layout ? `${y + 1} / span ${height}` : "";
      return element;
    });
    if (!elements.length) elements.push(make("p", { className: "hint" }, "This dashboard has no widgets yet."));
    // An element that is moved loses the focus.
    const same = elements.length === this.grid.children.length && elements.every((each, place) => each === this.grid.children[place]);
    if (!same) this.grid.replaceChildren(...elements);
  }

  showThings() {
    const words = [...this.things.values()].map(({ name, deviceId, online }) =>
      [`${name}: ${deviceState(deviceId, online)}`, online ? "good" : "bad"]);
    if (this.states.textContent === words.map(([text]) => text).join("")) return;
    this.states.replaceChildren(...words.map(([text, kind]) =>
      make("li", { className: `state ${kind}` }, make("span", { className: "dot", "aria-hidden": "true" }), text)));
  }

  /** Handle a live event. */
  take(event) {
    if (event.event === "value") {
      this.variables.get(event.variable_id)?.take(event);
    } else if (event.event === "device") {
      for (const thing of this.things.values()) {
        if (thing.deviceId !== event.device_id) continue;
        thing.online = event.online;
        for (const variable of this.variables.values()) if (variable.thing === thing) variable.changed();
      }
      this.showThings();
    }
  }

  /** Fetch histories again after a lost connection. */
  async refetch() {
    await Promise.allSettled([...this.widgets.values()].map(({ view }) => view.refetch()));
  }

  close() {
    PHONE.removeEventListener("change", this.rearrange);
    for (const { view } of this.widgets.values()) view.close();
  }
}

/** Make ids unique: clients choose them, and may use one twice. */
function withOwnIds(widgets) {
  const seen = new Set();
  return widgets.map((widget) => {
    let { id } = widget;
    while (seen.has(id)) id += "+";
    seen.add(id);
    return { ...widget, id };
  });
}

const pageOf = (widget) => widget.page_id ?? MAIN_PAGE;
