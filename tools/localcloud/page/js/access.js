// Who may do what: browsers with a session, users with their API keys, and the audit log.

import { make, makeButton, say } from "./html.js";
import { leave, request } from "./api.js";
import { writtenTime } from "./values.js";

const SURE_MS = 5000; // so long a button waits for its second click
const ENTRIES = 100;

/** Fetch what the view shows. */
export const fetchAccess = () =>
  Promise.all([request("GET", "/sessions"), request("GET", "/users"), request("GET", `/audit?limit=${ENTRIES}`)]);

/** The view of sessions, users, keys and the audit log. `changed` fetches and updates it. */
export class AccessView {
  constructor(facts, changed) {
    document.title = "Access – Local Arduino Cloud";
    this.changed = changed;
    this.texts = new Map();
    this.told = make("div", { role: "status" });
    this.sessions = make("div");
    this.users = make("div");
    this.entries = make("div");
    this.older = makeButton("Older entries", () => this.act(() => this.showOlder()));
    const name = make("input", { type: "text", id: "new-user", required: true, maxLength: 64 });
    const form = make("form", { className: "row" }, make("label", { htmlFor: "new-user" }, "New user"), name, make("button", {}, "Make user"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.act(async () => {
        const made = await request("POST", "/users", { name: name.value });
        name.value = "";
        this.tellSecret(made.api_key_id, made.api_key_secret);
      });
    });
    this.element = make("div", { className: "access" },
      this.told,
      part("Browsers", this.sessions, make("div", { className: "row" },
        makeButton("Log out", () => this.act(leave)),
        makeSure("End all sessions", "End all sessions", () => this.act(() => request("DELETE", "/sessions"))),
        makeButton("Address for another browser", () => this.act(() => this.tellAddress())))),
      part("Users and API keys", this.users, form),
      part("Audit log", this.entries, make("div", { className: "row" }, this.older)),
    );
    this.update(facts);
  }

  update([sessions, users, entries]) {
    this.last = entries;
    this.show(this.sessions, sessions.map(({ last_used_at_us, ends_at_us, ...rest }) => rest), () =>
      table(["Browser", "Address", "Since", "Last used", "Ends", ""], sessions.map((each) => this.sessionRow(each))));
    this.show(this.users, users, () =>
      table(["User", "API key", "Since", "New secret", ""], users.flatMap((user) => this.userRows(user))));
    this.show(this.entries, entries, () => auditTable(entries));
    this.older.hidden = entries.length < ENTRIES;
  }

  /** Replace a part's content if the facts have changed: a button that has the focus should keep it. */
  show(place, facts, makeContent) {
    const text = JSON.stringify(facts);
    if (this.texts.get(place) === text) return;
    this.texts.set(place, text);
    place.replaceChildren(makeContent());
  }

  sessionRow({ id, browser, address, created_at_us, last_used_at_us, ends_at_us, is_this_one }) {
    const label = is_this_one ? "End this browser's session" : `End the session of ${address} since ${writtenTime(created_at_us)}`;
    const end = makeSure("End", label, () => this.act(() => (is_this_one ? leave() : request("DELETE", `/sessions/${id}`))));
    const name = browser || "unknown";
    return [is_this_one ? `${name} (this one)` : name, address, ...[created_at_us, last_used_at_us, ends_at_us].map(writtenTime), end];
  }

  userRows(user) {
    const more = makeButton("Make key", () => this.act(async () => {
      const made = await request("POST", `/users/${user.id}/keys`, { name: user.name });
      this.tellSecret(made.id, made.secret);
    }), { "aria-label": `Make another API key for ${user.name}` });
    const remove = makeSure("Delete user", `Delete the user ${user.name}`, () => this.act(() => request("DELETE", `/users/${user.id}`)));
    const rows = user.keys.map((key) => [
      user.name, make("code", {}, key.id), writtenTime(key.created_at_us), key.rotated_at_us ? writtenTime(key.rotated_at_us) : "–",
      make("div", { className: "row" }, ...this.keyButtons(key)),
    ]);
    return [...rows, [user.name, "", writtenTime(user.created_at_us), "", make("div", { className: "row" }, more, ...(user.is_default ? [] : [remove]))]];
  }

  keyButtons({ id, is_default }) {
    const rotate = makeSure("New secret", `Give the API key ${id} a new secret`, () => this.act(async () => {
      const made = await request("POST", `/keys/${id}/rotate`);
      this.tellSecret(made.id, made.secret);
    }));
    const remove = makeSure("Delete key", `Delete the API key ${id}`, () => this.act(() => request("DELETE", `/keys/${id}`)));
    return is_default ? [rotate] : [rotate, remove];
  }

  async showOlder() {
    const before = this.last.at(-1)?.id;
    const entries = await request("GET", `/audit?limit=${ENTRIES}&before_id=${before}`);
    this.older.hidden = entries.length < ENTRIES;
    if (!entries.length) return;
    this.last = entries;
    this.entries.append(auditTable(entries));
  }

  async tellAddress() {
    const { pages } = await request("POST", "/page-codes");
    this.told.replaceChildren(make("div", { className: "told" }, make("p", {}, "The code in these addresses works once, within a day:"),
      make("ul", {}, ...pages.map((page) => make("li", {}, make("code", {}, page))))));
  }

  tellSecret(id, secret) {
    this.told.replaceChildren(make("p", { className: "told" }, "API key ", make("code", {}, id), ", its secret, which is shown only now: ",
      make("code", {}, secret)));
  }

  async act(work) {
    this.told.replaceChildren();
    try {
      await work();
    } catch (error) {
      this.told.replaceChildren(make("p", { className: "told" }, `Not done: ${error.message}`));
    }
    this.changed();
  }

  take() {}

  close() {}
}

/** Return a button that acts at the second click, so that nothing is ended by mistake. */
function makeSure(text, label, act) {
  let waiting;
  const calm = () => {
    clearTimeout(waiting);
    waiting = undefined;
    say(button, text);
    button.setAttribute("aria-label", label);
  };
  const button = makeButton(text, () => {
    if (waiting !== undefined) {
      calm();
      act();
      return;
    }
    say(button, "Really?");
    button.setAttribute("aria-label", `${label}: really?`);
    waiting = setTimeout(calm, SURE_MS);
  }, { "aria-label": label });
  return button;
}

function auditTable(entries) {
  const rows = entries.map(({ time_us, action, by, address, about, times, until_us }) => [
    writtenTime(time_us), times > 1 ? `${action} (${times} times until ${writtenTime(until_us)})` : action, by, address, about,
  ]);
  return table(["Time", "What", "By", "From", "About"], rows);
}

function table(heads, rows) {
  if (!rows.length) return make("p", { className: "hint" }, "There are none.");
  return make("div", { className: "wide" }, make("table", {},
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell)))))));
}

function part(name, ...content) {
  return make("section", {}, make("h2", {}, name), ...content);
}
