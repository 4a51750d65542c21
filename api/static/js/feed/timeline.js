// Sentiment over time of the tenant, or of one product, for the chosen window.

import { chartRange, STEP_MS, windowBounds } from "../data/range.js";
import { fillGaps, rolling } from "../data/measures.js";
import { currentWindow } from "../state.js";
import { pace } from "./pace.js";

/** A chart's newest bucket grows all the time where buckets are minutes, and hardly where they are days. */
const EVERY_MS = { "1m": 3_000, "1h": 15_000, "1d": 60_000 };

/**
 * @param {object} options
 * @param {object} options.store
 * @param {() => number | null} options.firstReview time of the first review, null while not known
 * @param {(params: object, signal: AbortSignal) => Promise<object>} options.read
 * @param {(series: object) => void} options.put takes what chart/timeline.js draws
 */
export function createTimelineTask({ store, firstReview, read, put }) {
  let step = "1m";

  async function task(signal) {
    const state = store.get();
    const window = currentWindow(state);
    const first = firstReview();
    if (!window || !state.summary || first === null) return;
    const at = state.route.at ?? state.summary.at_ms;
    const range = chartRange(window, at, first);
    step = range.step;
    const answer = await read({ step, from: range.from, to: range.to }, signal);
    const stepMs = STEP_MS[step];
    const buckets = fillGaps(answer.buckets, range.from, range.to, stepMs);
    const means = rolling(buckets, range.rolling);
    const hidden = buckets.findIndex((bucket) => bucket.start_ms >= range.shownFrom);
    put({
      window,
      step,
      stepMs,
      rollingWords: range.rollingWords,
      from: range.shownFrom,
      to: range.to,
      bounds: windowBounds(window, at),
      buckets: buckets.slice(hidden),
      means: means.slice(hidden),
    });
  }

  return { task, every: () => pace(store, EVERY_MS[step]) };
}
