// The tenant's figures: every window, and the chosen window's predecessor for the change.

import { firstWindow } from "../data/range.js";
import { currentWindow } from "../state.js";
import { pace } from "./pace.js";
import { createPrevious } from "./previous.js";

/** Sentiment that is two seconds old reads as "now". */
const EVERY_MS = 2_000;

export function createSummaryTask({ store, api, health }) {
  const readPrevious = createPrevious(api.summary);

  async function task(signal) {
    const summary = await api.summary(store.get().route.at, signal);
    health.ok();
    store.set((state) => ({
      summary,
      pipeline: summary.pipeline,
      liveAt: state.route.at === null ? summary.at_ms : state.liveAt,
      firstWindow: state.firstWindow ?? firstWindow(summary),
    }));
    const window = currentWindow(store.get());
    const previous = window && (await readPrevious(window, summary.at_ms, signal));
    if (previous) store.set({ previous });
  }

  return { task, every: () => pace(store, EVERY_MS) };
}
