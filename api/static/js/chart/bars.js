// How many reviews there were, under the line: good ones up, bad ones down from a common base.

import { s } from "../core/dom.js";
import * as format from "../core/format.js";
import { roundBelow } from "./axis.js";
import { gridLine } from "./back.js";

/** Between two bars, px. */
const GAP = 1.5;

/**
 * @param {{start_ms: number, buckets: number, good: number, bad: number}[]} groups one a bar
 * @param {number} stepMs of a bucket
 * @param {import("./frame.js").Frame} frame
 * @returns {SVGElement[]}
 */
export function barsOf(groups, stepMs, frame) {
  const mostGood = Math.max(1, ...groups.map(({ good }) => good));
  const mostBad = Math.max(1, ...groups.map(({ bad }) => bad));
  const scale = frame.barsHeight / (mostGood + mostBad);
  const base = frame.barsTop + mostGood * scale;
  const mark = roundBelow(mostGood);
  const bars = groups.flatMap(({ start_ms: start, buckets, good, bad }) => {
    const left = frame.x(start) + GAP / 2;
    const width = Math.max(1, frame.x(start + buckets * stepMs) - frame.x(start) - GAP);
    return [
      good && bar("rect.bar-good", left, base - good * scale, width, good * scale),
      bad && bar("rect.bar-bad", left, base, width, bad * scale),
    ].filter(Boolean);
  });
  return [...gridLine(base, frame, "", true), ...gridLine(base - mark * scale, frame, format.count(mark)), ...bars];
}

function bar(kind, x, y, width, height) {
  return s(kind, { x: x.toFixed(1), y: y.toFixed(1), width: width.toFixed(1), height: height.toFixed(1) });
}
