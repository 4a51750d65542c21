// Arithmetic on counts that the API leaves to the page. Pure functions.

/** Two-sided 95 % point of the normal distribution. */
const Z95 = 1.959964;

/**
 * Wilson's 95 % interval of a share (Wilson 1927), the same one the API gives.
 * @returns {[number, number] | null} null without trials
 */
export function wilson(successes, trials) {
  if (!trials) return null;
  const share = successes / trials;
  const z2 = Z95 * Z95;
  const scale = 1 + z2 / trials;
  const centre = (share + z2 / (2 * trials)) / scale;
  const half = (Z95 * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials * trials))) / scale;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/**
 * Newcombe's 95 % interval of a difference of two shares (1998, method 10), the same one the API gives.
 * @param {{good: number, reviews: number}} now
 * @param {{good: number, reviews: number}} before
 * @returns {[number, number] | null} null where one side has no reviews
 */
export function newcombe(now, before) {
  const [first, second] = [wilson(now.good, now.reviews), wilson(before.good, before.reviews)];
  if (!first || !second) return null;
  const [p1, p2] = [now.good / now.reviews, before.good / before.reviews];
  const low = p1 - p2 - Math.hypot(p1 - first[0], second[1] - p2);
  const high = p1 - p2 + Math.hypot(first[1] - p1, p2 - second[0]);
  return [Math.max(-1, low), Math.min(1, high)];
}

/** An interval of mean P(good) as one of sentiment, which is 2 P - 1. */
export const asSentiment = (interval) => interval && interval.map((end) => 2 * end - 1);

/** The interval of how often the model agrees with the stars. */
export const agreementInterval = ({ agreement, rated }) => wilson(Math.round((agreement ?? 0) * rated), rated);

/**
 * How the good share moved from one set of reviews to another.
 * `beyondChance`: a two-proportion z-test with pooled variance and Yates' correction rejects "no change" at 5 %. The
 * correction keeps two reviews against two from counting as proof.
 * @returns {{difference: number, interval: [number, number], beyondChance: boolean} | null} null where one side has no reviews
 */
export function shift(now, before) {
  if (!now?.reviews || !before?.reviews) return null;
  const difference = now.good_ratio - before.good_ratio;
  const pooled = (now.good + before.good) / (now.reviews + before.reviews);
  const spread = 1 / now.reviews + 1 / before.reviews;
  const error = Math.sqrt(pooled * (1 - pooled) * spread);
  const interval = newcombe(now, before);
  return { difference, interval, beyondChance: error > 0 && Math.abs(difference) - spread / 2 > Z95 * error };
}

/**
 * Buckets without gaps: those missing are added with 0 reviews.
 * @param {{start_ms: number, reviews: number}[]} buckets ascending
 */
export function fillGaps(buckets, fromMs, toMs, stepMs) {
  const known = new Map(buckets.map((bucket) => [bucket.start_ms, bucket]));
  const filled = [];
  for (let start = fromMs; start < toMs; start += stepMs) {
    filled.push(
      known.get(start) ?? { start_ms: start, reviews: 0, good: 0, bad: 0, good_ratio: null, sentiment: null },
    );
  }
  return filled;
}

/**
 * Each bucket with the mean over itself and the `span - 1` before it, weighted by reviews.
 * @returns {{sentiment: number|null, share: number|null, intervals: {share: [number, number]|null, sentiment: [number,
 *   number]|null}, reviews: number}[]}
 */
export function rolling(buckets, span) {
  let reviews = 0;
  let good = 0;
  let weighted = 0;
  return buckets.map((bucket, index) => {
    reviews += bucket.reviews;
    good += bucket.good;
    weighted += bucket.reviews ? bucket.sentiment * bucket.reviews : 0;
    const leaving = buckets[index - span];
    if (leaving) {
      reviews -= leaving.reviews;
      good -= leaving.good;
      weighted -= leaving.reviews ? leaving.sentiment * leaving.reviews : 0;
    }
    return {
      reviews,
      sentiment: reviews ? weighted / reviews : null,
      share: reviews ? good / reviews : null,
      intervals: {
        share: wilson(good, reviews),
        // The score interval with the sum of P(good) in place of a count, as the API's of the mean.
        sentiment: asSentiment(wilson((weighted + reviews) / 2, reviews)),
      },
    };
  });
}

/** Sum neighbouring buckets by `size`, counted from the end so that the newest group is always full-width. */
export function group(buckets, size) {
  const groups = [];
  for (let end = buckets.length; end > 0; end -= size) {
    const part = buckets.slice(Math.max(0, end - size), end);
    groups.unshift({
      start_ms: part[0].start_ms,
      buckets: part.length,
      good: part.reduce((sum, bucket) => sum + bucket.good, 0),
      bad: part.reduce((sum, bucket) => sum + bucket.bad, 0),
    });
  }
  return groups;
}
