// Find the code that draws a type of widget.

import { makeChart } from "./chart.js";
import { makeChoice, makeDropdown } from "./choices.js";
import { makeGauge, makePercentage } from "./gauges.js";
import { makeLamp, makeStatus } from "./lamps.js";
import { makeColour, makeColouredLight, makeDimmedLight } from "./lights.js";
import { makeMap } from "./map.js";
import { makeMessenger } from "./messenger.js";
import { makeNote } from "./note.js";
import { makeSlider, makeStepper } from "./numbers.js";
import { makeOther } from "./other.js";
import { makeScheduler } from "./scheduler.js";
import { makeButton, makeSwitch } from "./switches.js";
import { makeTimePicker } from "./time.js";
import { makeValue } from "./value.js";

const MAKERS = {
  switch: makeSwitch,
  pushbutton: makeButton,
  slider: makeSlider,
  stepper: makeStepper,
  value: makeValue,
  status: makeStatus,
  gauge: makeGauge,
  percentage: makePercentage,
  led: makeLamp,
  chart: makeChart,
  advancedchart: makeChart,
  coloredlight: makeColouredLight,
  dimmedlight: makeDimmedLight,
  color: makeColour,
  map: makeMap,
  advancedmap: makeMap,
  timepicker: makeTimePicker,
  scheduler: makeScheduler,
  messenger: makeMessenger,
  stickynote: makeNote,
  valueselector: makeChoice,
  valuedropdown: makeDropdown,
};

/** Kinds of widgets that need no variable. */
export const NEEDS_NONE = new Set(["stickynote", "other"]);

/**
 * Return the function that makes a type's widgets, and the type's name as a CSS class. Types are free text:
 * "Push Button", "PushButton" and "PUSH_BUTTON" are the same, and so are "Coloured Light" and "ColoredLight".
 */
export function makerOf(type) {
  const kind = String(type).toLowerCase().replaceAll(/[^a-z]/g, "").replace("colour", "color").replace(/widget$/, "");
  return Object.hasOwn(MAKERS, kind) ? { kind, maker: MAKERS[kind] } : { kind: "other", maker: makeOther };
}
