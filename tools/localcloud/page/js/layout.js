// Turn a dashboard's JSON into the places of its widgets on a grid.

const MOST_COLUMNS = 96, MOST_ROWS = 1000;
const USUAL_COLUMNS = [12, 24]; // the smallest that is enough is used
const MOBILE_COLUMNS = 4;

/**
 * Return the places of widgets, in reading order: `{columns, places: Map(widget -> {x, y, width, height})}`.
 * If two overlap, the later one moves down. With `mobile`, return the places for a phone, or null if a
 * widget has none.
 */
export function arrange(widgets, mobile = false) {
  const suffix = mobile ? "_mobile" : "";
  const wanted = widgets.map((widget) => [widget, wantedPlace(widget, suffix)]);
  if (mobile && wanted.some(([, place]) => place === null)) return null;
  wanted.sort(([, a], [, b]) => a.y - b.y || a.x - b.x);
  const places = new Map();
  for (const [widget, place] of wanted) {
    let obstacle;
    while ((obstacle = [...places.values()].find((other) => overlap(place, other)))) {
      place.y = obstacle.y + obstacle.height;
    }
    places.set(widget, place);
  }
  const extent = Math.max(0, ...[...places.values()].map((place) => place.x + place.width));
  const usual = mobile ? MOBILE_COLUMNS : USUAL_COLUMNS.find((columns) => extent <= columns);
  return { columns: Math.max(extent, usual ?? 0), places };
}

function wantedPlace(widget, suffix) {
  const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => widget[name + suffix]);
  if ([x, y, width, height].some((each) => !Number.isInteger(each))) return null;
  const place = { width: within(width, 1, MOST_COLUMNS), height: within(height, 1, MOST_ROWS), y: within(y, 0, MOST_ROWS) };
  return { ...place, x: within(x, 0, MOST_COLUMNS - place.width) };
}

const within = (value, low, high) => Math.min(Math.max(value, low), high);

function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
