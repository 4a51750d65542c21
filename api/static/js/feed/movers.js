// The products whose good share moved most between the window and the one before.

import { currentWindow } from "../state.js";
import { pace } from "./pace.js";

const EVERY_MS = 5_000;
/** As many as stand beside the chart. */
const SHOWN = 4;

export function createMoversTask({ store, api, health }) {
  async function task(signal) {
    const state = store.get();
    const window = currentWindow(state);
    if (!window) return;
    const { at } = state.route;
    // All time has nothing before it.
    const answer =
      window === "all" ? null : await api.movers({ window, at, only_significant: false, limit: SHOWN }, signal);
    health.ok();
    store.set({ movers: { window, answer } });
  }

  return { task, every: () => pace(store, EVERY_MS) };
}
