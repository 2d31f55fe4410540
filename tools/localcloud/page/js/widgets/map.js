// Map and advanced map: show locations on a map of the world that comes with the page.

import { request } from "../api.js";
import { make, makeButton, say } from "../html.js";

const FIRST_ZOOM = 5, MOST_ZOOM = 12, TRACK_POINTS = 1000;

let libraries; // one promise for all maps on the page

function load() {
  libraries ??= Promise.all([
    import("/page/vendor/leaflet/leaflet.js"),
    import("/page/vendor/topojson/index.js"),
    fetch("/page/vendor/world/countries.json").then((answer) => answer.json()),
  ]).then(([leaflet, topojson, world]) => ({
    L: leaflet,
    land: topojson.merge(world, world.objects.countries.geometries),
    borders: topojson.mesh(world, world.objects.countries, (a, b) => a !== b),
  }));
  return libraries;
}

export function makeMap({ variables, kind, name, labelledBy }) {
  const box = make("div", { className: "map-box" });
  const text = make("p", { className: "words" });
  const zoom = make("div", { className: "map-zoom" });
  const element = make("div", { className: "column map" }, make("div", { className: "map-frame" }, box, zoom), text);
  const places = variables.map((variable) => ({ variable, marker: null, track: null }));
  let drawn = null, closed = false, moved = false, observer;
  const refetch = async () => {
    if (drawn && kind === "advancedmap") await Promise.all(places.map((place) => loadTrack(drawn.L, drawn.map, place)));
  };
  const show = () => {
    say(text, places.map(({ variable }) => `${variables.length > 1 ? `${variable.name}: ` : ""}${inWords(variable.shown)}`).join("; "));
    if (!drawn) return;
    for (const place of places) showPlace(drawn.L, drawn.map, place);
    if (!moved) moved = goThere(drawn.L, drawn.map, places);
  };
  load().then((loaded) => {
    if (closed) return;
    drawn = { L: loaded.L, map: makeWorld(loaded, box, labelledBy) };
    for (const [label, sign, step] of [["Zoom in", "+", 1], ["Zoom out", "−", -1]]) {
      const zoomBy = () => drawn.map.setZoom(drawn.map.getZoom() + step);
      zoom.append(makeButton(sign, zoomBy, { "aria-label": `${label}: ${name}` }));
    }
    drawn.map.on("dragstart", () => (moved = true));
    observer = new ResizeObserver(() => drawn.map.invalidateSize({ pan: false }));
    observer.observe(box);
    show();
    return refetch();
  }, () => element.replaceChildren(make("p", { className: "hint" }, "The map is not installed. Run tools/setup page."), text))
    .catch(() => {}); // the track is fetched again after reconnecting
  return {
    element, show, refetch,
    close() {
      closed = true;
      observer?.disconnect();
      drawn?.map.remove();
    },
  };
}

function makeWorld({ L, land, borders }, box, labelledBy) {
  const map = L.map(box, {
    attributionControl: false, zoomControl: false, preferCanvas: true, worldCopyJump: true,
    minZoom: 1, maxZoom: MOST_ZOOM, center: [25, 10], zoom: 1, zoomAnimation: false, fadeAnimation: false,
    scrollWheelZoom: "center",
  });
  box.setAttribute("role", "application");
  box.setAttribute("aria-labelledby", labelledBy);
  const style = getComputedStyle(box);
  const paint = (name) => style.getPropertyValue(name).trim();
  const options = { interactive: false };
  L.geoJSON(land, { ...options, style: { stroke: true, weight: 1, color: paint("--coast"), fillColor: paint("--land"), fillOpacity: 1 } }).addTo(map);
  L.geoJSON(borders, { ...options, style: { weight: 1, color: paint("--border"), fill: false } }).addTo(map);
  return map;
}

function showPlace(L, map, place) {
  const at = pointOf(place.variable.shown);
  if (!at) return;
  if (!place.marker) {
    const icon = L.divIcon({ className: "pin", html: make("span", {}), iconSize: [20, 20] });
    place.marker = L.marker(at, { icon, keyboard: false, title: place.variable.name, alt: place.variable.name }).addTo(map);
  }
  place.marker.setLatLng(at);
  if (place.track) place.track.addLatLng(at);
}

/** Show all places. Returns whether there are any. */
function goThere(L, map, places) {
  const points = places.map(({ variable }) => pointOf(variable.shown)).filter(Boolean);
  if (points.length === 1) map.setView(points[0], Math.max(map.getZoom(), FIRST_ZOOM));
  else if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.3), { maxZoom: FIRST_ZOOM });
  return points.length > 0;
}

async function loadTrack(L, map, place) {
  const history = await request("GET", `${place.variable.path}/history?limit=${TRACK_POINTS}`);
  const points = history.map(({ value }) => pointOf(value)).filter(Boolean);
  if (place.track) place.track.setLatLngs(points);
  else place.track = L.polyline(points, { className: "track", color: "#00878f", weight: 3, interactive: false }).addTo(map);
}

function pointOf(value) {
  const { lat, lon } = value ?? {};
  return Number.isFinite(lat) && Number.isFinite(lon) && Math.abs(lat) <= 90 ? [lat, lon] : null;
}

function inWords(value) {
  const point = pointOf(value);
  if (!point) return "no location yet";
  const [lat, lon] = point;
  return `${Math.abs(lat).toFixed(4)}° ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(4)}° ${lon < 0 ? "W" : "E"}`;
}
