// What the detail of one product needs: its figures, its timeline, its newest reviews.

import { currentWindow } from "../state.js";
import { pace } from "./pace.js";
import { createPrevious } from "./previous.js";
import { createTimelineTask } from "./timeline.js";

const EVERY_MS = 2_000;
/** A product that is not there may come with its first review. */
const MISSING_EVERY_MS = 10_000;
/** Reviews shown in the detail; the store keeps the last 50 of a product. */
const REVIEWS = 50;
/** Words change slowly. */
const DRIVERS_EVERY_MS = 30_000;
/** Terms of texts are kept as long as the texts are: seven days unless the tenant's file says otherwise. */
const driversWindow = (window) => (window === "all" || window === "30d" ? "7d" : window);

/** @param {{store: object, api: object, health: object, id: string, poll: (task: object) => object}} options */
export function openProduct({ store, api, health, id, poll }) {
  const status = () => store.get().detail?.status;
  const put = (patch) => store.set(({ detail }) => (detail?.id === id ? { detail: { ...detail, ...patch } } : {}));
  const readPrevious = createPrevious((at, signal) => api.product(id, at, signal));
  store.set({
    detail: { id, status: "loading", product: null, previous: null, reviews: null, series: null, drivers: null },
  });

  const timeline = poll(
    createTimelineTask({
      store,
      firstReview: () => store.get().detail?.product?.first_review_ms ?? null,
      read: (params, signal) => api.productTimeline(id, params, signal),
      put: (series) => put({ series }),
    }),
  );

  const drivers = poll({
    every: DRIVERS_EVERY_MS,
    async task(signal) {
      const state = store.get();
      const window = driversWindow(currentWindow(state));
      const { against } = state;
      try {
        const answer = await api.productDrivers(id, { window, at: state.route.at, against }, signal);
        put({ drivers: { window, against, answer, reason: null } });
      } catch (error) {
        // A window longer than texts are kept, a tenant that keeps none, an API that does not know the path.
        if (![404, 422].includes(error.status)) throw error;
        put({ drivers: { window, against, answer: null, reason: error.message } });
      }
    },
  });

  async function readFigures(signal) {
    const wasReady = status() === "ready";
    const { at } = store.get().route;
    const product = await api.product(id, at, signal);
    const { reviews } = await api.productReviews(id, REVIEWS, signal);
    // The API gives the newest ones; of a moment in the past those written after it are left out.
    const shown = at === null ? reviews : reviews.filter((review) => review.occurred_ms <= at);
    put({ status: "ready", product, reviews: shown });
    health.ok();
    if (!wasReady) {
      timeline.now();
      drivers.now();
    }
    const window = currentWindow(store.get());
    const previous = window && (await readPrevious(window, product.at_ms, signal));
    if (previous) put({ previous });
  }

  const figures = poll({
    every: () => (status() === "missing" ? MISSING_EVERY_MS : pace(store, EVERY_MS)),
    async task(signal) {
      try {
        await readFigures(signal);
      } catch (error) {
        if (error.status !== 404) throw error;
        put({ status: "missing" });
      }
    },
  });

  return {
    now() {
      figures.now();
      if (status() === "ready") {
        timeline.now();
        drivers.now();
      }
    },
    /** The other side of its words was chosen. */
    refreshDrivers: () => drivers.now(),
    stop() {
      figures.stop();
      timeline.stop();
      drivers.stop();
    },
  };
}
