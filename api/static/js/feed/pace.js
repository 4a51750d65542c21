// How often figures are asked for: the past changes only where late reviews come in.

const PAST_MS = 15_000;

/** @param {number} liveMs how often while the figures are live */
export const pace = (store, liveMs) => (store.get().route.at === null ? liveMs : Math.max(PAST_MS, liveMs));
