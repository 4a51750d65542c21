// Windows, and what stretch of time a chart shows for each. Pure functions; times in ms since 1970.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const STEP_MS = { "1m": MINUTE, "1h": HOUR, "1d": DAY };
export const STEP_WORDS = { "1m": "minute", "1h": "hour", "1d": "day" };
const STEP_UNIT = { "1m": "min", "1h": "h", "1d": "d" };

/** `ms` is null for all time. `words` completes "reviews in ...", `before` "... in the ... before". */
export const WINDOWS = [
  { id: "5m", ms: 5 * MINUTE, step: "1m", short: "5m", words: "the last 5 minutes", before: "the 5 minutes before" },
  {
    id: "15m",
    ms: 15 * MINUTE,
    step: "1m",
    short: "15m",
    words: "the last 15 minutes",
    before: "the 15 minutes before",
  },
  { id: "1h", ms: HOUR, step: "1m", short: "1h", words: "the last hour", before: "the hour before" },
  { id: "24h", ms: DAY, step: "1h", short: "24h", words: "the last 24 hours", before: "the 24 hours before" },
  { id: "7d", ms: 7 * DAY, step: "1h", short: "7d", words: "the last 7 days", before: "the 7 days before" },
  { id: "30d", ms: 30 * DAY, step: "1d", short: "30d", words: "the last 30 days", before: "the 30 days before" },
  { id: "all", ms: null, step: "1d", short: "All", words: "all time", before: null },
];

const BY_ID = new Map(WINDOWS.map((window) => [window.id, window]));

/** @param {string} id one of WINDOWS */
export const windowOf = (id) => BY_ID.get(id);

/** How long buckets of each step are kept. */
const KEPT_MS = { "1m": 2 * DAY, "1h": 90 * DAY, "1d": 730 * DAY };

/**
 * The windows that can be read at a moment: all of them now; of the past those whose buckets are still kept, and not
 * all time, of which only the newest totals are known.
 * @param {number | null} atMs null: now
 * @param {number | null} nowMs null while not known
 */
export function windowsAt(atMs, nowMs) {
  if (atMs === null) return WINDOWS;
  const bounded = WINDOWS.filter(({ ms }) => ms !== null);
  const kept = bounded.filter(({ ms, step }) => nowMs === null || nowMs - atMs + ms <= KEPT_MS[step]);
  return kept.length ? kept : bounded.slice(-1);
}

/** "the last hour", and of a moment in the past "the hour up to then". @param {boolean} isPast */
export function wordsOf(id, isPast) {
  const { words, before } = windowOf(id);
  return isPast && before ? before.replace(/before$/, "up to then") : words;
}

/** The good share of this many reviews is known to within some five points, which is worth being shown first. */
const ENOUGH_REVIEWS = 200;
/** A younger history may have something before its last five minutes to compare with, not before its last fifteen. */
const YOUNG = 30 * MINUTE;

/**
 * The window to begin with: the shortest that says something.
 * @param {object} summary as the API gives it
 * @returns {string | null} null while there are no reviews at all
 */
export function firstWindow({ at_ms: atMs, first_review_ms: firstReviewMs, windows }) {
  if (firstReviewMs === null) return null;
  const candidates = ["15m", "1h", "24h", "7d", "30d"];
  const isYoung = atMs - firstReviewMs < YOUNG;
  if (isYoung) candidates.unshift("5m");
  return candidates.find((id) => windows[id].reviews >= ENOUGH_REVIEWS) ?? (isYoung ? "1h" : "all");
}

/** How far back a chart goes for a window: several windows, so that the newest one stands beside its past. */
const SPAN = {
  "5m": 30 * MINUTE,
  "15m": HOUR,
  "1h": 6 * HOUR,
  "24h": 3 * DAY,
  "7d": 14 * DAY,
  "30d": 180 * DAY,
  all: Infinity,
};
/** A younger history still gets this much room, or its few points would stretch over the whole chart. */
const LEAST_SPAN = 6 * MINUTE;
/** The finest step with at most this many buckets: more are narrower than a pixel on a phone. */
const MOST_BUCKETS = 370;
/** Rolling spans in buckets of each step that a reader can name. */
const ROLLING = { "1m": [3, 5, 10, 15, 30], "1h": [3, 6, 12, 24], "1d": [3, 7, 14, 30, 90] };

/**
 * What to ask of a timeline and how to show it.
 * @returns {{step: string, from: number, shownFrom: number, to: number, rolling: number, rollingWords: string}}
 *   `from` lies before `shownFrom` by the rolling span, so that the first shown point is a full mean too
 */
export function chartRange(windowId, atMs, firstReviewMs) {
  const age = atMs - (firstReviewMs ?? atMs) + MINUTE;
  const span = Math.max(LEAST_SPAN, Math.min(SPAN[windowId], age));
  const step = Object.keys(STEP_MS).find((name) => span / STEP_MS[name] <= MOST_BUCKETS) ?? "1d";
  const stepMs = STEP_MS[step];
  const to = Math.floor(atMs / stepMs) * stepMs + stepMs;
  const shownFrom = to - Math.ceil(span / stepMs) * stepMs;
  const wanted = (to - shownFrom) / stepMs / 24;
  const rolling = ROLLING[step].find((buckets) => buckets >= wanted) ?? ROLLING[step].at(-1);
  return {
    step,
    from: shownFrom - (rolling - 1) * stepMs,
    shownFrom,
    to,
    rolling,
    rollingWords: `${rolling} ${STEP_UNIT[step]}`,
  };
}

/** The API's periods of drift for a window: an hour's reviews say nothing of it, a day is the least. */
export function driftPeriods(windowId) {
  if (windowId === "7d") return { window: "7d", reference: "30d" };
  if (windowId === "30d" || windowId === "all") return { window: "30d", reference: "60d" };
  return { window: "24h", reference: "30d" };
}

/** Start and end of a window at a time, as the API cuts it: whole buckets, the last holding `atMs`. */
export function windowBounds(windowId, atMs) {
  const { ms, step } = windowOf(windowId);
  if (ms === null) return null;
  const end = Math.floor(atMs / STEP_MS[step]) * STEP_MS[step] + STEP_MS[step];
  return [end - ms, end];
}
