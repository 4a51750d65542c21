// A difference of two good shares with its 95 % interval, on a line whose middle is "no difference".

import { s, setAttr } from "../core/dom.js";

const HEIGHT = 14;
const MIDDLE = HEIGHT / 2;

/** The widest of some intervals, as a round limit of a common scale: a quarter, a half or the whole of -1..1. */
export function limitOf(intervals) {
  const widest = Math.max(0, ...intervals.flat().map(Math.abs));
  return [0.1, 0.25, 0.5].find((limit) => widest <= limit) ?? 1;
}

/**
 * `update(difference, interval, limit, isSure)`: in colour only where the difference is beyond chance, also after the
 * correction for many tests, which an interval that leaves 0 out does not know of.
 */
export function createDifference() {
  const span = s("line.difference-span", { y1: MIDDLE, y2: MIDDLE });
  const ends = [0, 1].map(() => s("line.difference-span", { y1: 3, y2: HEIGHT - 3 }));
  const dot = s("circle.difference-dot", { cy: MIDDLE, r: 4 });
  const node = s(
    "svg.difference",
    { "aria-hidden": "true", height: HEIGHT },
    s("rect.difference-track", { x: 0, y: MIDDLE - 2, width: "100%", height: 4, rx: 2 }),
    s("line.difference-zero", { x1: "50%", x2: "50%", y1: 0, y2: HEIGHT }),
    span,
    ends,
    dot,
  );

  function update(difference, interval, limit, isSure) {
    const at = (value) => `${(50 + (Math.max(-1, Math.min(1, value / limit)) * 97) / 2).toFixed(2)}%`;
    setAttr(node, "data-side", isSure ? (difference > 0 ? "good" : "bad") : "none");
    setAttr(span, "x1", at(interval[0]));
    setAttr(span, "x2", at(interval[1]));
    ends.forEach((end, i) => {
      setAttr(end, "x1", at(interval[i]));
      setAttr(end, "x2", at(interval[i]));
    });
    setAttr(dot, "cx", at(difference));
  }

  return { node, update };
}
