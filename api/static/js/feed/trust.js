// Whether the model can be trusted: how often it agrees with the stars, and whether it sees what it saw before.

import { driftPeriods } from "../data/range.js";
import { currentWindow } from "../state.js";
import { pace } from "./pace.js";

/** Neither changes from one moment to the next, and the API reads weeks of hours for it. */
const EVERY_MS = 30_000;
/** What an answer may be that is no fault of the API: a path it has not, a time it no longer keeps. */
const EXPECTED = new Set([404, 410, 422]);

export function createTrustTask({ store, api, health }) {
  async function task(signal) {
    const state = store.get();
    const window = currentWindow(state);
    if (!window) return;
    const { at } = state.route;
    const [accuracy, drift] = await Promise.all([
      answerOr(api.accuracy({ window, at }, signal)),
      answerOr(api.drift({ ...driftPeriods(window), at }, signal)),
    ]);
    health.ok();
    store.set({ trust: { window, accuracy, drift } });
  }

  return { task, every: () => pace(store, EVERY_MS) };
}

/** `{answer, reason}`: one of them null. */
async function answerOr(asked) {
  try {
    return { answer: await asked, reason: null };
  } catch (error) {
    if (!EXPECTED.has(error.status)) throw error;
    return { answer: null, reason: error.message };
  }
}
