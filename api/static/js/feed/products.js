// The product list in the chosen order: as many rows as the viewer asked for, page by page.

import { currentWindow } from "../state.js";
import { pace } from "./pace.js";

const EVERY_MS = 2_000;
/** Most rows the API gives at once. */
const PAGE_MAX = 500;

export function createProductsTask({ store, api, health }) {
  async function task(signal) {
    const state = store.get();
    const window = currentWindow(state);
    if (!window) return;
    const { sort, order, at } = state.route;
    const rows = new Map();
    let cursor = null;
    let matching;
    do {
      const limit = Math.min(PAGE_MAX, state.wantedRows - rows.size);
      const page = await api.products({ window, sort, order, limit, cursor, at: cursor ? null : at }, signal);
      // Ranks move between two pages; a product met twice is kept once, at its first place.
      for (const row of page.products) if (!rows.has(row.product_id)) rows.set(row.product_id, row);
      ({ matching, next_cursor: cursor } = page);
    } while (cursor && rows.size < state.wantedRows);
    health.ok();
    store.set({ products: { window, sort, order, rows: [...rows.values()], matching, more: cursor !== null } });
  }

  return { task, every: () => pace(store, EVERY_MS) };
}
