// What the detail of one product needs: its figures, its timeline, its newest reviews.

import { currentWindow } from "../state.js";
import { createPrevious } from "./previous.js";
import { createTimelineTask } from "./timeline.js";

const EVERY_MS = 2_000;
/** A product that is not there may come with its first review. */
const MISSING_EVERY_MS = 10_000;
/** Reviews shown in the detail; the store keeps the last 50 of a product. */
const REVIEWS = 50;

/** @param {{store: object, api: object, health: object, id: string, poll: (task: object) => object}} options */
export function openProduct({ store, api, health, id, poll }) {
  const status = () => store.get().detail?.status;
  const put = (patch) => store.set(({ detail }) => (detail?.id === id ? { detail: { ...detail, ...patch } } : {}));
  const readPrevious = createPrevious((at, signal) => api.product(id, at, signal));
  store.set({ detail: { id, status: "loading", product: null, previous: null, reviews: null, series: null } });

  const timeline = poll(
    createTimelineTask({
      store,
      firstReview: () => store.get().detail?.product?.first_review_ms ?? null,
      read: (params, signal) => api.productTimeline(id, params, signal),
      put: (series) => put({ series }),
    }),
  );

  async function readFigures(signal) {
    const wasReady = status() === "ready";
    const product = await api.product(id, null, signal);
    const { reviews } = await api.productReviews(id, REVIEWS, signal);
    put({ status: "ready", product, reviews });
    health.ok();
    if (!wasReady) timeline.now();
    const window = currentWindow(store.get());
    const previous = window && (await readPrevious(window, product.at_ms, signal));
    if (previous) put({ previous });
  }

  const figures = poll({
    every: () => (status() === "missing" ? MISSING_EVERY_MS : EVERY_MS),
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
      if (status() === "ready") timeline.now();
    },
    stop() {
      figures.stop();
      timeline.stop();
    },
  };
}
