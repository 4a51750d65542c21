// The shape of the page's state, and what is derived from it.

/**
 * @typedef {object} State
 * @property {"starting" | "signin" | "open"} phase
 * @property {{message: string | null, busy: boolean}} signin
 * @property {{key: string, tenant: string, name: string, kind: string, role: string}[]} tenants in the keys' order
 * @property {import("./core/route.js").Route} route
 * @property {"sentiment" | "share"} metric what charts show
 * @property {"connecting" | "live" | "reconnecting" | "offline"} connection
 * @property {{since: number, reason: string} | null} health null while the API answers
 * @property {string | null} firstWindow the window chosen for a viewer who has not chosen one
 * @property {object | null} summary
 * @property {{window: string, measures: object | null} | null} previous the window before the chosen one
 * @property {object | null} pipeline
 * @property {number | null} rate this tenant's reviews per second
 * @property {object | null} overview
 * @property {object | null} products
 * @property {number} wantedRows
 * @property {object | null} detail
 */

/** Rows of the product list that are read at first, and added by "show more". */
export const PAGE_ROWS = 50;
/** Rows looked through for a search, and added by "search further". */
export const SEARCH_ROWS = 500;

/** State that belongs to one tenant, as it is before anything was read. */
export const untouchedTenant = () => ({
  connection: "connecting",
  health: null,
  firstWindow: null,
  summary: null,
  previous: null,
  pipeline: null,
  rate: null,
  overview: null,
  products: null,
  wantedRows: PAGE_ROWS,
  detail: null,
});

/** @returns {State} */
export const initialState = (route) => ({
  phase: "starting",
  signin: { message: null, busy: false },
  tenants: [],
  route,
  metric: "sentiment",
  ...untouchedTenant(),
});

/** The window on show; null until the first summary says which one suits. */
export const currentWindow = (state) => state.route.window ?? state.firstWindow;

/** The entry of the tenant on show. */
export const currentTenant = (state) => state.tenants.find(({ tenant }) => tenant === state.route.tenant) ?? null;

/** The chosen window's measures, null until read. */
export function currentMeasures(state) {
  const window = currentWindow(state);
  if (!state.summary || !window) return null;
  return window === "all" ? state.summary.totals : state.summary.windows[window];
}
