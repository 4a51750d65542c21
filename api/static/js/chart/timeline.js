// Sentiment, or the share of good reviews, over time; below it how many reviews, good up and bad down.

import { h, s, setAttr } from "../core/dom.js";
import * as format from "../core/format.js";
import { group } from "../data/measures.js";
import { roundBelow, timeTicks, valueAxis } from "./axis.js";
import { createReadout } from "./readout.js";

const LEFT = 48;
const RIGHT = 14;
const TOP = 10;
const BOTTOM = 24;
const GAP = 24;
/** Share of the height for the bars. */
const BARS = 0.26;
/** Room for a time label, px. */
const TICK_PX = 84;
/** Narrowest bar with its gap, px. */
const BAR_PX = 6;
/** With more buckets than this the single ones are not dotted beside the line. */
const MOST_DOTS = 130;
let charts = 0;

/**
 * @param {object} options
 * @param {string} options.label what is drawn, for those who cannot see it
 * @param {number} options.height px
 * @param {(buckets: number) => void} options.onBars told how many buckets one bar sums
 * @returns {{node: HTMLElement, update: (series: object, metric: "sentiment" | "share") => void}}
 */
export function createTimeline({ label, height, onBars }) {
  const id = `chart-${(charts += 1)}`;
  const above = s("stop.stop-good", {});
  const below = s("stop.stop-bad", {});
  const gradient = s("linearGradient", { id, gradientUnits: "userSpaceOnUse", x1: 0, x2: 0 }, above, below);
  const back = s("g", {});
  const band = s("path.chart-band", {});
  const area = s("path.chart-area", { fill: `url(#${id})` });
  const dots = s("g.chart-dots", {});
  const line = s("path.chart-line", { stroke: `url(#${id})` });
  const bars = s("g", {});
  const front = s("g", {});
  const svg = s("svg", { "aria-hidden": "true", height }, s("defs", null, gradient), back, band, area, dots, line, bars, front);
  const readout = createReadout({ label });
  const node = h("div.chart", null, svg, readout.node);
  let width = 0;
  let drawn = null;

  new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    if (drawn) draw(...drawn);
  }).observe(node);

  function draw(series, metric) {
    if (width < 80) return;
    const plotHeight = (height - TOP - BOTTOM - GAP) * (1 - BARS);
    const barsTop = TOP + plotHeight + GAP;
    const barsHeight = height - BOTTOM - barsTop;
    const values = series.means.map((mean) => mean[metric]);
    const known = values.filter((value) => value !== null);
    const lows = metric === "share" ? series.means.map((mean) => mean.interval?.[0] ?? 1) : known;
    const axis = valueAxis(metric, Math.min(1, ...lows));
    const x = (ms) => LEFT + ((ms - series.from) / (series.to - series.from)) * (width - LEFT - RIGHT);
    const y = (value) => TOP + ((axis.high - value) / (axis.high - axis.low)) * plotHeight;
    const centre = (index) => x(series.buckets[index].start_ms + series.stepMs / 2);
    setAttr(svg, "width", width);

    const split = (y(axis.middle) - TOP) / plotHeight;
    setAttr(gradient, "y1", TOP);
    setAttr(gradient, "y2", TOP + plotHeight);
    setAttr(above, "offset", split);
    setAttr(below, "offset", split);

    back.replaceChildren(...grid(axis, y, width), ...shade(series, x, barsTop + barsHeight), ...times(series, x, height, width));
    const runs = runsOf(values);
    setAttr(line, "d", runs.map((run) => pathOf(run.map((i) => [centre(i), y(values[i])]))).join(""));
    setAttr(area, "d", metric === "share" ? "" : runs.map((run) => areaOf(run, centre, (i) => y(values[i]), () => y(axis.middle))).join(""));
    const interval = (end) => (i) => y(series.means[i].interval[end]);
    setAttr(band, "d", metric === "share" ? runs.map((run) => areaOf(run, centre, interval(1), interval(0))).join("") : "");
    const single = metric === "share" ? "good_ratio" : "sentiment";
    const few = series.buckets.length <= MOST_DOTS;
    dots.replaceChildren(...(few ? series.buckets.flatMap((bucket, i) => dot(bucket[single], axis, centre(i), y)) : []));
    const perBar = Math.max(1, Math.ceil((series.buckets.length * BAR_PX) / (width - LEFT - RIGHT)));
    bars.replaceChildren(...volume(group(series.buckets, perBar), series, x, barsTop, barsHeight, width));
    front.replaceChildren();
    readout.update({ series, metric, centre, y, values, front, top: TOP, bottom: barsTop + barsHeight, width });
    onBars(perBar);
  }

  return {
    node,
    update(series, metric) {
      drawn = [series, metric];
      draw(series, metric);
    },
  };
}

function grid(axis, y, width) {
  return axis.ticks.flatMap((tick) => [
    s("line.chart-grid", { x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick), "data-middle": tick === axis.middle || null }),
    s("text.chart-label", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, axis.text(tick)),
  ]);
}

function shade({ bounds, from, to }, x, bottom) {
  if (!bounds || bounds[0] <= from) return [];
  const left = x(bounds[0]);
  return [s("rect.chart-window", { x: left, y: TOP, width: Math.max(0, x(Math.min(to, bounds[1])) - left), height: bottom - TOP, rx: 3 })];
}

function times({ from, to }, x, height, width) {
  const most = Math.floor((width - LEFT - RIGHT) / TICK_PX);
  return timeTicks(from, to, most).flatMap(({ ms, label }) => {
    const at = x(ms);
    const tick = s("line.chart-tick", { x1: at, x2: at, y1: height - BOTTOM, y2: height - BOTTOM + 4 });
    // A label that would stick out at an end is left out rather than moved: moved ones run into their neighbours.
    if (at < LEFT || at > width - TICK_PX / 3) return [tick];
    return [tick, s("text.chart-label", { x: at, y: height - 6, "text-anchor": "middle" }, label)];
  });
}

function dot(value, axis, x, y) {
  if (value === null || value < axis.low) return [];
  return [s("circle", { cx: x.toFixed(1), cy: y(value).toFixed(1), r: 1.7, "data-side": value < axis.middle ? "bad" : "good" })];
}

function volume(groups, { stepMs }, x, top, height, width) {
  const mostGood = Math.max(1, ...groups.map(({ good }) => good));
  const mostBad = Math.max(1, ...groups.map(({ bad }) => bad));
  const scale = height / (mostGood + mostBad);
  const middle = top + mostGood * scale;
  const mark = roundBelow(mostGood);
  const nodes = [
    s("line.chart-grid", { x1: LEFT, x2: width - RIGHT, y1: middle, y2: middle, "data-middle": true }),
    s("line.chart-grid", { x1: LEFT, x2: width - RIGHT, y1: middle - mark * scale, y2: middle - mark * scale }),
    s("text.chart-label", { x: LEFT - 8, y: middle - mark * scale + 4, "text-anchor": "end" }, format.count(mark)),
  ];
  for (const { start_ms: start, buckets, good, bad } of groups) {
    const left = x(start) + 0.75;
    const wide = Math.max(1, x(start + buckets * stepMs) - x(start) - 1.5);
    if (left < LEFT - 1) continue;
    if (good) nodes.push(s("rect.bar-good", { x: left.toFixed(1), y: (middle - good * scale).toFixed(1), width: wide.toFixed(1), height: (good * scale).toFixed(1) }));
    if (bad) nodes.push(s("rect.bar-bad", { x: left.toFixed(1), y: middle.toFixed(1), width: wide.toFixed(1), height: (bad * scale).toFixed(1) }));
  }
  return nodes;
}

/** Runs of neighbouring indices that have a value. */
function runsOf(values) {
  const runs = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index && values[index - 1] !== null) runs.at(-1).push(index);
    else runs.push([index]);
  });
  return runs;
}

/** A line through points; a single point becomes a dash, which round caps make a dot. */
function pathOf(points) {
  const [first] = points;
  const all = points.length === 1 ? [first, first] : points;
  return all.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");
}

function areaOf(run, x, upper, lower) {
  const there = run.map((i) => [x(i), upper(i)]);
  const back = [...run].reverse().map((i) => [x(i), lower(i)]);
  return `${pathOf([...there, ...back])}Z`;
}
