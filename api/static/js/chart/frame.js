// Where things stand in a timeline: the plot above, the bars below, the time along the bottom. All in px.

export const LEFT = 48;
export const RIGHT = 14;
export const TOP = 10;
const BOTTOM = 24;
const GAP = 24;
/** Share of the height for the bars. */
const BARS = 0.26;

/**
 * @typedef {object} Frame
 * @property {number} width
 * @property {number} height
 * @property {number} plotHeight of the upper part, which begins at TOP
 * @property {number} barsTop
 * @property {number} barsHeight
 * @property {(ms: number) => number} x of a time
 * @property {(index: number) => number} centre x of the middle of a bucket
 * @property {(value: number) => number} y of a value in the upper part
 */

/** @returns {Frame} */
export function frameOf(series, axis, width, height) {
  const plotHeight = (height - TOP - BOTTOM - GAP) * (1 - BARS);
  const barsTop = TOP + plotHeight + GAP;
  const x = (ms) => LEFT + ((ms - series.from) / (series.to - series.from)) * (width - LEFT - RIGHT);
  return {
    width,
    height,
    plotHeight,
    barsTop,
    barsHeight: height - BOTTOM - barsTop,
    x,
    centre: (index) => x(series.buckets[index].start_ms + series.stepMs / 2),
    y: (value) => TOP + ((axis.high - value) / (axis.high - axis.low)) * plotHeight,
  };
}
