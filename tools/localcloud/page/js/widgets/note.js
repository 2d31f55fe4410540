// Sticky note: shows text from the dashboard, with Markdown's headings and lists.

import { make } from "../html.js";

export function makeNote({ options }) {
  const text = [options.text, options.content, options.markdown, options.note, options.value].find(
    (each) => typeof each === "string",
  );
  const element = make("div", { className: "note-text" });
  let list = null;
  for (const line of (text ?? "").split(/\r?\n/)) {
    const [, heading] = line.match(/^#{1,6}\s+(.*)$/) ?? [];
    const [, item] = line.match(/^\s*[-*]\s+(.*)$/) ?? [];
    if (item === undefined) list = null;
    else if (!list) element.append((list = make("ul")));
    if (heading !== undefined) element.append(make("h4", {}, ...emphasised(heading)));
    else if (item !== undefined) list.append(make("li", {}, ...emphasised(item)));
    else if (line.trim()) element.append(make("p", {}, ...emphasised(line)));
  }
  return { element };
}

/** Render `**strong**`, `*emphasis*` and code in backticks. Links stay text. */
function emphasised(line) {
  return line.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**") && part.length > 4) return make("strong", {}, part.slice(2, -2));
    if (part.startsWith("*") && part.length > 2) return make("em", {}, part.slice(1, -1));
    return part.startsWith("`") && part.length > 2 ? make("code", {}, part.slice(1, -1)) : part;
  });
}
