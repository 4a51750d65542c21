// The line of a timeline: rolling means, the area or the interval around them, single buckets as dots.

import { s, setAttr } from "../core/dom.js";
import { LEFT, RIGHT, TOP } from "./frame.js";

/** Means of fewer reviews than this share of the best supported one are drawn thin: beside it they are noise. */
const THIN = 0.05;
/** With more buckets than this the single ones are not dotted beside the line. */
const MOST_DOTS = 130;
/** How far a line at the very edge of the plot may stick out, px. */
const SPARE = 2;
let lines = 0;

/** Which means have enough reviews behind them to be drawn in full. @returns {boolean[]} */
export function supported(means) {
  const enough = THIN * Math.max(...means.map((mean) => mean.reviews));
  return means.map((mean) => mean.reviews > 0 && mean.reviews >= enough);
}

/**
 * Lowest value that a plot must have room for. Thin means bring no interval, but themselves: a line that leaves the plot
 * seems to end at the axis.
 */
export function lowestOf(means, isFull, metric) {
  const lows = means.map((mean, i) => (isFull[i] ? mean.intervals[metric][0] : mean.reviews > 0 ? mean[metric] : 1));
  return Math.min(1, ...lows);
}

/** @returns {{defs: SVGElement[], node: SVGElement, update: (series, metric, isFull, axis, frame) => void}} */
export function createLine() {
  const id = `line-${(lines += 1)}`;
  const above = s("stop.stop-good", {});
  const below = s("stop.stop-bad", {});
  const gradient = s("linearGradient", { id, gradientUnits: "userSpaceOnUse", x1: 0, x2: 0 }, above, below);
  const plot = s("rect", { x: LEFT - SPARE, y: TOP - SPARE });
  const band = s("path.chart-band", {});
  const area = s("path.chart-area", { fill: `url(#${id})` });
  const dots = s("g.chart-dots", {});
  const thin = s("path.chart-line.chart-thin", { stroke: `url(#${id})` });
  const full = s("path.chart-line", { stroke: `url(#${id})` });

  /** Good colour above the middle of the axis, bad below. */
  function colour(axis, { y, plotHeight }) {
    const split = (y(axis.middle) - TOP) / plotHeight;
    setAttr(gradient, "y1", TOP);
    setAttr(gradient, "y2", TOP + plotHeight);
    setAttr(above, "offset", split);
    setAttr(below, "offset", split);
  }

  function update({ buckets, means }, metric, isFull, axis, frame) {
    const { centre, y, width, plotHeight } = frame;
    colour(axis, frame);
    setAttr(plot, "width", width - LEFT - RIGHT + 2 * SPARE);
    setAttr(plot, "height", plotHeight + 2 * SPARE);
    const value = (i) => y(means[i][metric]);
    const runs = runsOf(means, (_, i) => isFull[i]);
    const known = runsOf(means, (mean) => mean.reviews > 0);
    const path = (run) => pathOf(run.map((i) => [centre(i), value(i)]));
    setAttr(full, "d", runs.map(path).join(""));
    setAttr(thin, "d", known.map(path).join(""));
    const filled = (upper, lower) => runs.map((run) => areaOf(run, centre, upper, lower)).join("");
    const bound = (end) => (i) => y(means[i].intervals[metric][end]);
    setAttr(area, "d", metric === "share" ? "" : filled(value, () => y(axis.middle)));
    setAttr(band, "d", filled(bound(1), bound(0)));
    const single = metric === "share" ? "good_ratio" : "sentiment";
    const dotted = buckets.length <= MOST_DOTS ? buckets : [];
    dots.replaceChildren(...dotted.flatMap((bucket, i) => dot(bucket[single], axis, centre(i), y)));
  }

  return {
    defs: [gradient, s("clipPath", { id: `${id}-plot` }, plot)],
    node: s("g", { "clip-path": `url(#${id}-plot)` }, band, area, dots, thin, full),
    update,
  };
}

function dot(value, axis, x, y) {
  if (value === null) return [];
  const side = value < axis.middle ? "bad" : "good";
  return [s("circle", { cx: x.toFixed(1), cy: y(value).toFixed(1), r: 1.7, "data-side": side })];
}

/** Runs of neighbouring indices of which `test` holds. */
function runsOf(items, test) {
  const runs = [];
  let open = false;
  items.forEach((item, index) => {
    const holds = test(item, index);
    if (holds && open) runs.at(-1).push(index);
    else if (holds) runs.push([index]);
    open = holds;
  });
  return runs;
}

/** A line through points; a single point is drawn as a line to itself, which round caps make a dot. */
function pathOf(points) {
  const all = points.length === 1 ? [points[0], points[0]] : points;
  return all.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function areaOf(run, x, upper, lower) {
  const there = run.map((i) => [x(i), upper(i)]);
  const back = run.map((i) => [x(i), lower(i)]).reverse();
  return `${pathOf([...there, ...back])}Z`;
}
