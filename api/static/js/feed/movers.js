// The products whose good share moved most between the window and the one before.

import { currentWindow } from "../state.js";
import { pace } from "./pace.js";

const EVERY_MS = 5_000;
/** As many as stand beside the chart. */
const SHOWN = 4;
/** Most the API gives at once. */
const PAGE_MAX = 100;
/** Of more products than this the list does not say whether they changed. */
const KNOWN_MAX = 500;

export function createMoversTask({ store, api, health }) {
  async function task(signal) {
    const state = store.get();
    const window = currentWindow(state);
    if (!window) return;
    const { at } = state.route;
    // All time has nothing before it.
    const answer =
      window === "all" ? null : await api.movers({ window, at, only_significant: false, limit: SHOWN }, signal);
    const changed = answer && (await allChanged(answer, (more) => api.movers({ window, at, ...more }, signal)));
    health.ok();
    store.set({ movers: { window, answer, changed } });
  }

  return { task, every: () => pace(store, EVERY_MS) };
}

/**
 * @typedef {object} Changed which products changed beyond chance, corrected for all that were tested
 * @property {Set<string>} ids
 * @property {boolean} isAll false where there are further ones
 * @property {number} tested
 * @property {number} least reviews that a product needs in both windows to be tested
 */

/** The list of products says of each the same as "What moved". @returns {Promise<Changed>} */
async function allChanged({ movers, significant, tested, min_reviews: least }, read) {
  const ids = new Set(movers.filter((mover) => mover.significant).map(({ product_id: id }) => id));
  let isAll = ids.size === significant;
  let cursor = null;
  while (!isAll && ids.size < KNOWN_MAX) {
    const page = await read(cursor ? { limit: PAGE_MAX, cursor, at: null } : { limit: PAGE_MAX });
    for (const { product_id: id } of page.movers) ids.add(id);
    cursor = page.next_cursor;
    isAll = cursor === null;
  }
  return { ids, isAll, tested, least };
}
