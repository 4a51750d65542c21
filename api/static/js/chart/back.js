// What lies behind a timeline: grid, values and times along the edges, and the chosen window as a shade.

import { s } from "../core/dom.js";
import { timeTicks } from "./axis.js";
import { LEFT, RIGHT, TOP } from "./frame.js";

/** Room for a time label, px. */
const TICK_PX = 84;

/** @returns {SVGElement[]} */
export function backOf(series, axis, frame) {
  return [...values(axis, frame), ...shade(series, frame), ...times(series, frame)];
}

/** A line across the chart at `y`, with its label; `isMiddle` for the one that parts good from bad. */
export function gridLine(y, frame, label, isMiddle = false) {
  const line = { x1: LEFT, x2: frame.width - RIGHT, y1: y, y2: y, "data-middle": isMiddle };
  return [
    s("line.chart-grid", line),
    ...(label ? [s("text.chart-label", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, label)] : []),
  ];
}

function values(axis, frame) {
  return axis.ticks.flatMap((tick) => gridLine(frame.y(tick), frame, axis.text(tick), tick === axis.middle));
}

function shade({ bounds, from, to }, { x, barsTop, barsHeight }) {
  if (!bounds || bounds[0] <= from) return [];
  const left = x(bounds[0]);
  const width = Math.max(0, x(Math.min(to, bounds[1])) - left);
  return [s("rect.chart-window", { x: left, y: TOP, width, height: barsTop + barsHeight - TOP, rx: 3 })];
}

function times({ from, to }, { x, width, height, barsTop, barsHeight }) {
  const bottom = barsTop + barsHeight;
  const most = Math.floor((width - LEFT - RIGHT) / TICK_PX);
  return timeTicks(from, to, most).flatMap(({ ms, label }) => {
    const at = x(ms);
    const tick = s("line.chart-tick", { x1: at, x2: at, y1: bottom, y2: bottom + 4 });
    // A label that would stick out at an end is left out rather than moved: moved ones run into their neighbours.
    if (at > width - TICK_PX / 3) return [tick];
    return [tick, s("text.chart-label", { x: at, y: height - 6, "text-anchor": "middle" }, label)];
  });
}
