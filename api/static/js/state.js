// The shape of the page's state, and what is derived from it.

import { windowOf, windowsAt } from "./data/range.js";

/**
 * @typedef {object} State
 * @property {"starting" | "signin" | "open"} phase
 * @property {{message: string | null, busy: boolean}} signin
 * @property {{key: string, tenant: string, name: string, kind: string, role: string}[]} tenants in the keys' order
 * @property {import("./core/route.js").Route} route
 * @property {"sentiment" | "share"} metric what charts show
 * @property {"good" | "others"} against what a product's bad reviews are held against
 * @property {"connecting" | "live" | "reconnecting" | "offline"} connection
 * @property {{since: number, reason: string} | null} health null while the API answers
 * @property {string | null} firstWindow the window chosen for a viewer who has not chosen one
 * @property {object | null} summary
 * @property {{window: string, measures: object | null} | null} previous the window before the chosen one
 * @property {object | null} pipeline
 * @property {number | null} liveAt the tenant's newest moment, also while an older one is looked at
 * @property {{window: string, answer: object | null, changed: import("./feed/movers.js").Changed | null} | null} movers
 * @property {{window: string, accuracy: object, drift: object} | null} trust each `{answer, reason}`
 * @property {string[]} picked products chosen to be compared
 * @property {object | null} comparison
 * @property {object | null} rules alert rules and how they stand
 * @property {object | null} history what happened to alerts
 * @property {object | null} newAlert the one that came last and was not put away
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
  ...unreadFigures(),
  liveAt: null,
  pipeline: null,
  rate: null,
  wantedRows: PAGE_ROWS,
  picked: [],
  detail: null,
  rules: null,
  history: null,
  newAlert: null,
});

/** The figures of one moment, as they are before it was read. */
export const unreadFigures = () => ({
  summary: null,
  previous: null,
  overview: null,
  products: null,
  movers: null,
  trust: null,
  comparison: null,
});

/** @returns {State} */
export const initialState = (route) => ({
  phase: "starting",
  signin: { message: null, busy: false },
  tenants: [],
  route,
  metric: "sentiment",
  against: "good",
  ...untouchedTenant(),
});

/** The windows that can be read at the moment looked at. */
export const offeredWindows = ({ route, liveAt }) => windowsAt(route.at, liveAt);

/** The window on show: the chosen one, or the next longer one that is kept; null until a summary says which suits. */
export function currentWindow(state) {
  const wanted = state.route.window ?? state.firstWindow;
  if (wanted === null || state.route.at === null) return wanted;
  const offered = offeredWindows(state);
  const { ms } = windowOf(wanted);
  return (offered.find((window) => ms !== null && window.ms >= ms) ?? offered.at(-1)).id;
}

/** The entry of the tenant on show. */
export const currentTenant = (state) => state.tenants.find(({ tenant }) => tenant === state.route.tenant) ?? null;

/** The chosen window's measures, null until read. */
export function currentMeasures(state) {
  const window = currentWindow(state);
  if (!state.summary || !window) return null;
  return window === "all" ? state.summary.totals : state.summary.windows[window];
}
