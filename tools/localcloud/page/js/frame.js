// The frame around a widget: its name, links, the device's state, and refused values.

import { make, say } from "./html.js";
import { deviceState, writtenTime } from "./values.js";
import { NEEDS_NONE, makerOf } from "./widgets/kinds.js";

const PENDING_AFTER_MS = 150; // sending is shown only if it takes longer
const FRESH_MS = 500;

/**
 * Make a widget from a dashboard's JSON. `variables` are the linked ones that still exist.
 * Returns `{element, show(), close(), refetch()}`. The element follows the variables until `close()`.
 */
export function makeWidget(widget, variables) {
  const id = `w-${widget.id}`;
  const name = widget.name || variables[0]?.name || widget.type;
  const heading = make("h3", { id: `${id}-name` }, name);
  if (!widget.name && !variables.length) heading.className = "unseen"; // a note needs no heading
  const badge = make("span", { className: "badge", hidden: true });
  const refusal = make("p", { className: "refusal", role: "alert", hidden: true });
  const note = make("span", { className: "note" });
  const { maker, kind } = makerOf(widget.type);
  const writable = variables.some((variable) => variable.writable) && widget.options?.readOnly !== true;
  const empty = !variables.length && !NEEDS_NONE.has(kind);
  const body = empty ? { element: make("p", { className: "hint" }, "No variable is linked.") } : maker({
    id, name, kind, writable, variables,
    variable: variables[0],
    options: widget.options ?? {},
    labelledBy: heading.id,
    type: widget.type,
  });
  const element = make(
    "section",
    { id, className: `widget kind-${kind}`, "aria-labelledby": heading.id },
    make("header", {}, heading, badge),
    make("div", { className: "body" }, body.element),
    refusal,
    make("footer", {}, note),
  );
  const latestUs = () => Math.max(...variables.map((variable) => variable.timeUs ?? 0));
  const lost = (widget.variables ?? []).length > variables.length;
  let fresh, late, before;

  function show() {
    const thing = variables[0]?.thing;
    const offline = thing && !thing.online;
    badge.hidden = !offline && !lost;
    if (lost) say(badge, "not linked");
    else if (offline) say(badge, deviceState(thing.deviceId, false));
    element.classList.toggle("offline", Boolean(offline));
    showSending(variables.some((variable) => variable.sending));
    const reason = variables.find((variable) => variable.refusal)?.refusal ?? "";
    refusal.hidden = !reason;
    say(refusal, reason && `Not set: ${reason}`);
    body.show?.();
    const latest = latestUs();
    if (before !== undefined && latest > before) flash();
    before = latest;
  }

  function showSending(sending) {
    if (sending) {
      element.setAttribute("aria-busy", "true");
      late ??= setTimeout(() => {
        element.classList.add("sending");
        say(note, "sending …");
      }, PENDING_AFTER_MS);
      return;
    }
    clearTimeout(late);
    late = undefined;
    element.removeAttribute("aria-busy");
    element.classList.remove("sending");
    const latest = latestUs();
    say(note, variables.length ? (latest > 0 ? writtenTime(latest) : "no value yet") : "");
  }

  function flash() {
    element.classList.add("fresh");
    clearTimeout(fresh);
    fresh = setTimeout(() => element.classList.remove("fresh"), FRESH_MS);
  }

  for (const variable of variables) variable.watchers.add(show);
  show();
  return {
    element,
    show,
    close() {
      for (const variable of variables) variable.watchers.delete(show);
      clearTimeout(late);
      body.close?.();
    },
    refetch: () => body.refetch?.(),
  };
}
