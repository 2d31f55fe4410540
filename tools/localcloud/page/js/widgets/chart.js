// Chart and advanced chart: values over time, live and back into history.

import { make, makeButton, say } from "../html.js";
import { kindOf, unitOf, written } from "../values.js";
import { Course } from "./courses.js";

const SPANS = [["5 min", 300], ["1 h", 3600], ["1 d", 86400], ["7 d", 7 * 86400], ["30 d", 30 * 86400]];
const USUAL_SPAN = 300, SHORTEST = 2, LONGEST = 10 * 365 * 86400;
const COLOURS = ["--line-1", "--line-2", "--line-3", "--line-4", "--line-5"];
const FETCH_MS = 200, TICK_MS = 1000;
const MOST_POINTS = 3000; // if more came live, averages are fetched instead
const now = () => Date.now() / 1000;

let library; // one promise for all charts on the page

export function makeChart({ id, variables, name, labelledBy }) {
  const courses = variables.slice(0, COLOURS.length).map((variable) => new Course(variable));
  const box = make("div", { className: "chart-box", tabIndex: 0, role: "application" });
  box.setAttribute("aria-labelledby", labelledBy);
  const legend = makeLegend(courses);
  const view = new View(box, courses, legend);
  const bar = makeBar(view, name);
  const help = make("span", { className: "unseen", id: `${id}-help` }, "Arrow keys move in time, plus and minus zoom, Home goes back to live.");
  box.setAttribute("aria-describedby", help.id);
  const element = make("div", { className: "column chart" }, legend.element, box, bar, help);
  const ears = courses.map((course) => (timeUs, value) => {
    course.add(timeUs, value);
    if (course.times.length > MOST_POINTS) view.ask();
    view.drawSoon();
  });
  courses.forEach((course, place) => course.variable.sampleWatchers.add(ears[place]));
  library ??= import("/page/vendor/uplot/uplot.js");
  library.then(
    ({ default: Plot }) => view.open(Plot),
    () => box.replaceChildren(make("p", { className: "hint" }, "Charts are not installed. Run tools/setup page.")),
  );
  return {
    element,
    show: () => legend.show(),
    refetch: () => view.fetch(),
    close() {
      courses.forEach((course, place) => course.variable.sampleWatchers.delete(ears[place]));
      view.close();
    },
  };
}

/** The visible span of time. It follows the clock until somebody zooms or moves it. */
class View {
  constructor(box, courses, legend) {
    Object.assign(this, { box, courses, legend, span: USUAL_SPAN, end: null, watchers: [] });
  }

  get live() {
    return this.end === null;
  }

  get window() {
    const end = this.end ?? now();
    return [end - this.span, end];
  }

  open(Plot) {
    if (this.closed) return;
    this.plot = new Plot(this.options(Plot), [[], ...this.courses.map(() => [])], this.box);
    this.join = Plot.join;
    this.observer = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.observer.observe(this.box);
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.clock = setInterval(() => this.live && this.draw(), TICK_MS);
    this.go();
  }

  options(Plot) {
    const style = getComputedStyle(this.box);
    const paint = (colour) => style.getPropertyValue(colour).trim();
    const stepped = Plot.paths.stepped({ align: 1 });
    const axis = { stroke: paint("--soft"), grid: { stroke: paint("--grid"), width: 1 }, ticks: { show: false }, font: `12px ${style.fontFamily}` };
    return {
      ...this.size(),
      legend: { show: false },
      padding: [8, 22, 0, 0],
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      scales: { x: { time: true, range: () => this.window }, y: { range: (_, low, high) => roomy(low, high) } },
      axes: [{ ...axis, size: 30, space: 80, values: (_, ticks, __, ___, step) => ticks.map((tick) => clockWords(tick, step)) }, { ...axis, size: 52, values: (_, ticks) => ticks.map(written) }],
      series: [{}, ...this.courses.map((course, place) => ({
        label: course.variable.name,
        stroke: paint(COLOURS[place]),
        fill: this.courses.length === 1 ? paint("--line-fill") : undefined,
        width: 2,
        spanGaps: true,
        points: { show: false },
        paths: kindOf(course.variable.type) === "boolean" ? stepped : undefined,
      }))],
      hooks: {
        setCursor: [(plot) => this.legend.point(plot.cursor.idx === null || plot.cursor.idx === undefined ? null : plot.posToVal(plot.cursor.left, "x"))],
        setSelect: [(plot) => this.select(plot)],
      },
    };
  }

  size() {
    return { width: Math.max(this.box.clientWidth, 80), height: Math.max(this.box.clientHeight, 80) };
  }

  /** Draw once for all values that come before the next frame. */
  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    if (!this.plot || this.closed) return;
    const [start, end] = this.window;
    if (this.live) for (const course of this.courses) course.forget(start);
    // The last value holds until now.
    const tables = this.courses.map(({ times, numbers }) =>
      times.length && times.at(-1) < end ? [[...times, end], [...numbers, numbers.at(-1)]] : [times, numbers]);
    this.plot.setData(this.join(tables));
    this.box.dataset.span = this.span;
    this.box.dataset.live = this.live;
    this.box.dataset.points = this.courses.reduce((sum, { times }) => sum + times.length, 0);
  }

  /** Show another span: at once with the known values, then with fetched ones. */
  go({ span = this.span, end = this.end } = {}) {
    this.span = Math.min(Math.max(span, SHORTEST), LONGEST);
    this.end = end !== null && end >= now() ? null : end;
    this.draw();
    for (const watcher of this.watchers) watcher();
    this.ask();
  }

  /** Fetch soon. If it fails, the page reports that, and fetches again when it is connected. */
  ask() {
    this.asking ??= setTimeout(() => {
      this.asking = undefined;
      this.fetch().catch(() => {});
    }, FETCH_MS);
  }

  async fetch() {
    const [start, end] = this.window;
    const points = Math.min(Math.max(Math.round(this.box.clientWidth), 100), 2000);
    await Promise.all(this.courses.map((course) => course.fetch(start, end + 1, points, this.live)));
    this.draw();
  }

  zoom(factor, at = 1) {
    const [start, end] = this.window;
    const fixed = start + at * this.span, span = Math.min(Math.max(this.span * factor, SHORTEST), LONGEST);
    this.go({ span, end: this.live && at === 1 ? null : Math.min(fixed + (1 - at) * span, Math.max(end, now())) });
  }

  move(share) {
    this.go({ end: this.window[1] + share * this.span });
  }

  key(event) {
    const act = {
      ArrowLeft: () => this.move(-0.25), ArrowRight: () => this.move(0.25),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
      Home: () => this.go({ end: null }), Escape: () => this.go({ end: null }),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  wheel(event) {
    if (!event.ctrlKey && document.activeElement !== this.box) return; // leave the wheel to the page, for scrolling
    event.preventDefault();
    const { left, width } = this.plot.over.getBoundingClientRect();
    this.zoom(event.deltaY > 0 ? 1.25 : 0.8, Math.min(Math.max((event.clientX - left) / width, 0), 1));
  }

  select(plot) {
    const { left, width } = plot.select;
    if (width < 5) return;
    const [start, end] = [left, left + width].map((x) => plot.posToVal(x, "x"));
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.go({ span: end - start, end });
  }

  close() {
    this.closed = true;
    clearTimeout(this.asking);
    clearInterval(this.clock);
    this.observer?.disconnect();
    this.plot?.destroy();
  }
}

/** Return the label of a tick on the time axis; at midnight the date. */
function clockWords(seconds, step) {
  const date = new Date(seconds * 1000);
  const midnight = date.getHours() + date.getMinutes() + date.getSeconds() === 0;
  if (step >= 86400 || midnight) return date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  return date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: step < 60 ? "2-digit" : undefined, hourCycle: "h23" });
}

function roomy(low, high) {
  if (low === null || high === null || low === undefined) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

function makeLegend(courses) {
  let time = null;
  const values = courses.map(() => make("span", { className: "chart-value" }));
  const element = make("ul", { className: "legend" }, ...courses.map(({ variable }, place) => {
    const key = make("span", { className: "key", "aria-hidden": "true" });
    key.style.setProperty("--key", `var(${COLOURS[place]})`);
    const unit = make("span", { className: "unit" }, unitOf(variable.type));
    return make("li", {}, ...(courses.length > 1 ? [key, `${variable.name} `] : []), values[place], unit);
  }), make("li", { className: "when" }));
  const show = () => {
    courses.forEach((course, place) => say(values[place], written(time === null ? course.variable.shown : course.at(time))));
    say(element.lastChild, time === null ? "" : new Date(time * 1000).toLocaleString());
  };
  return {
    element, show,
    point(at) {
      time = at;
      show();
    },
  };
}

function makeBar(view, name) {
  const bar = make("div", { className: "chart-bar", role: "group", "aria-label": `Time shown: ${name}` });
  const button = (label, text, act) => {
    const made = makeButton(text, act, { "aria-label": label });
    bar.append(made);
    return made;
  };
  const live = button("Live", "Live", () => view.go({ end: null }));
  const spans = SPANS.map(([text, span]) => [button(`Last ${text}`, text, () => view.go({ span, end: null })), span]);
  button("Zoom in", "+", () => view.zoom(0.5));
  button("Zoom out", "−", () => view.zoom(2));
  const show = () => {
    live.setAttribute("aria-pressed", String(view.live));
    for (const [made, span] of spans) made.setAttribute("aria-pressed", String(view.live && view.span === span));
  };
  view.watchers.push(show);
  show();
  return bar;
}
