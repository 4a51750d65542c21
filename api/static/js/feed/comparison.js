// Products side by side over the chosen window.

import { currentWindow } from "../state.js";
import { pace } from "./pace.js";

const EVERY_MS = 5_000;

export function createComparisonTask({ store, api, health }) {
  async function task(signal) {
    const state = store.get();
    const { compare: items, at } = state.route;
    const window = currentWindow(state);
    if (!window || !items.length) return;
    try {
      const answer = await api.compare(items, { window, at }, signal);
      store.set({ comparison: { items, window, answer, reason: null } });
    } catch (error) {
      if (error.status !== 404) throw error;
      store.set({ comparison: { items, window, answer: null, reason: error.message } });
    }
    health.ok();
  }

  return { task, every: () => pace(store, EVERY_MS) };
}
