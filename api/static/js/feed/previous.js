// The window before the chosen one, read from the same document as it was one window ago.

import { windowOf } from "../data/range.js";

/** It moves only when a bucket ends, a minute at the soonest. */
const EVERY_MS = 10_000;

/**
 * @param {(at: number, signal: AbortSignal) => Promise<{windows: object}>} read
 * @returns a function of window, time and signal that gives `{window, measures}`: undefined while its last answer is
 *   still good, with measures null where nothing can lie before, or is no longer kept
 */
export function createPrevious(read) {
  let ofWindow = null;
  let ofAt = 0;
  let readAt = 0;

  return async (window, atMs, signal) => {
    const isSame = window === ofWindow && Math.abs(atMs - ofAt) < 2 * EVERY_MS;
    if (isSame && Date.now() - readAt < EVERY_MS) return undefined;
    const { ms } = windowOf(window);
    const measures = ms === null ? null : ((await read(atMs - ms, signal)).windows[window] ?? null);
    ofWindow = window;
    ofAt = atMs;
    readAt = Date.now();
    return { window, measures };
  };
}
