// Sentiment, or the share of good reviews, over time; below it how many reviews, good up and bad down.

import { h, s, setAttr } from "../core/dom.js";
import { group } from "../data/measures.js";
import { valueAxis } from "./axis.js";
import { backOf } from "./back.js";
import { barsOf } from "./bars.js";
import { frameOf, LEFT, RIGHT } from "./frame.js";
import { createLine, lowestOf, supported } from "./line.js";
import { createReadout } from "./readout.js";

/** Narrowest bar with its gap, px. */
const BAR_PX = 6;
/** A narrower place than this is one that is just being laid out. */
const LEAST_PX = 80;

/**
 * @param {object} options
 * @param {string} options.label what is drawn, for those who cannot see it
 * @param {number} options.height px
 * @param {(drawn: {perBar: number, hasThin: boolean}) => void} options.onDrawn told how many buckets one bar sums,
 *   and whether some of the line is drawn thin
 * @returns {{node: HTMLElement, update: (series: object, metric: "sentiment" | "share") => void}}
 */
export function createTimeline({ label, height, onDrawn }) {
  const line = createLine();
  const back = s("g", {});
  const bars = s("g", {});
  const front = s("g", {});
  const svg = s("svg", { "aria-hidden": "true", height }, s("defs", null, line.defs), back, line.node, bars, front);
  const readout = createReadout({ label });
  const node = h("div.chart", null, svg, readout.node);
  let width = 0;
  let drawn = null;

  new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    if (drawn) draw(...drawn);
  }).observe(node);

  function draw(series, metric) {
    if (width < LEAST_PX) return;
    const { means, buckets, stepMs } = series;
    const isFull = supported(means);
    const axis = valueAxis(metric, lowestOf(means, isFull, metric));
    const frame = frameOf(series, axis, width, height);
    const perBar = Math.max(1, Math.ceil((buckets.length * BAR_PX) / (width - LEFT - RIGHT)));
    setAttr(svg, "width", width);
    back.replaceChildren(...backOf(series, axis, frame));
    line.update(series, metric, isFull, axis, frame);
    bars.replaceChildren(...barsOf(group(buckets, perBar), stepMs, frame));
    front.replaceChildren();
    readout.update({ series, metric, frame, front });
    onDrawn({ perBar, hasThin: means.some((mean, i) => mean.reviews > 0 && !isFull[i]) });
  }

  return {
    node,
    update(series, metric) {
      drawn = [series, metric];
      draw(series, metric);
    },
  };
}
