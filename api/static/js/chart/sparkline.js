// A small line of sentiment over the window, for one row of the list.

import { s, setAttr } from "../core/dom.js";
import * as format from "../core/format.js";

const WIDTH = 116;
const HEIGHT = 30;
const PAD = 4;
/** A smaller range of sentiment than this is drawn as nearly flat: noise should not look like a story. */
const LEAST_RANGE = 0.5;
/** Points averaged, weighted by reviews: single buckets of a quiet product jump between -1 and +1. */
const SMOOTH = 3;

/** @returns {{node: SVGElement, update: (trend: {reviews: number[], sentiment: (number|null)[]}) => void}} */
export function createSparkline() {
  const line = s("path.spark-line", {});
  const end = s("circle.spark-end", { r: 2.6 });
  const zero = s("line.spark-zero", { x1: 0, x2: WIDTH });
  const node = s(
    "svg.spark",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img" },
    zero,
    line,
    end,
  );

  function update(trend) {
    const points = smoothed(trend);
    node.classList.toggle("absent", points.length < 2);
    if (points.length < 2) {
      setAttr(node, "aria-label", "Trend: too little to draw");
      return;
    }
    const [low, high] = bounds(points.map((point) => point.value));
    const x = (index) => PAD + (index / Math.max(1, trend.reviews.length - 1)) * (WIDTH - 2 * PAD);
    const y = (value) => PAD + ((high - value) / (high - low)) * (HEIGHT - 2 * PAD);
    const path = points.map(({ index, value }, i) => `${i ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
    setAttr(line, "d", path.join(""));
    const last = points.at(-1);
    setAttr(end, "cx", x(last.index).toFixed(1));
    setAttr(end, "cy", y(last.value).toFixed(1));
    setAttr(end, "data-side", last.value < 0 ? "bad" : "good");
    zero.classList.toggle("absent", low > 0 || high < 0);
    setAttr(zero, "y1", y(0).toFixed(1));
    setAttr(zero, "y2", y(0).toFixed(1));
    setAttr(
      node,
      "aria-label",
      `Trend: sentiment from ${format.sentiment(points[0].value)} to ${format.sentiment(last.value)}`,
    );
  }

  return { node, update };
}

function smoothed({ reviews, sentiment }) {
  const points = [];
  for (let index = 0; index < reviews.length; index += 1) {
    let weight = 0;
    let sum = 0;
    for (let back = Math.max(0, index - SMOOTH + 1); back <= index; back += 1) {
      if (sentiment[back] === null) continue;
      weight += reviews[back];
      sum += reviews[back] * sentiment[back];
    }
    if (reviews[index] && weight) points.push({ index, value: sum / weight });
  }
  return points;
}

function bounds(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const spare = Math.max(0, LEAST_RANGE - (high - low)) / 2;
  const shiftDown = Math.max(0, high + spare - 1);
  const shiftUp = Math.max(0, -1 - (low - spare));
  return [low - spare - shiftDown + shiftUp, high + spare - shiftDown + shiftUp];
}
