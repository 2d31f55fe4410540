// A type of widget that this page cannot draw: shows its values.

import { make, say } from "../html.js";
import { written } from "../values.js";

export function makeOther({ type, variables }) {
  const list = make("dl", { className: "members" });
  const values = variables.map((variable) => {
    const value = make("dd");
    list.append(make("dt", {}, variable.name), value);
    return value;
  });
  return {
    element: make("div", { className: "column" }, make("p", { className: "hint" }, `This page cannot draw “${type}”.`), list),
    show() {
      variables.forEach((variable, place) => say(values[place], written(variable.shown)));
    },
  };
}
