// Everything that is read for the tenant on show: polls for figures, one live stream for reviews.

import { createPoll } from "../core/poll.js";
import { openLive } from "../data/live.js";
import { createProductsTask } from "./products.js";
import { createSummaryTask } from "./summary.js";
import { createTimelineTask } from "./timeline.js";
import { openProduct } from "./product.js";

/**
 * @param {object} options
 * @param {object} options.store
 * @param {object} options.api of data/api.js
 * @param {object} options.health
 * @param {(reviews: object[], count: number) => void} options.onReviews
 * @param {(error: Error) => void} options.onRefused
 */
export function openTenant({ store, api, health, onReviews, onRefused }) {
  const context = { store, api, health };
  const onError = (error) => (error.isRefusal ? onRefused(error) : health.fail(error));
  const poll = (task) => createPoll({ ...task, onError });

  const products = poll(createProductsTask(context));
  const overview = poll(
    createTimelineTask({
      store,
      firstReview: () => store.get().summary?.first_review_ms ?? null,
      read: api.timeline,
      put: (series) => store.set({ overview: series }),
    }),
  );
  const summaryTask = createSummaryTask(context);
  const summary = poll({
    ...summaryTask,
    async task(signal) {
      const knewWindow = store.get().firstWindow !== null;
      await summaryTask.task(signal);
      if (!knewWindow && store.get().firstWindow !== null) startRest();
    },
  });
  let product = null;

  function startRest() {
    products.now();
    overview.now();
    product?.now();
  }

  function onLive(event, data) {
    if (event === "reviews") {
      onReviews(data.sample, data.reviews);
    } else if (event === "summary") {
      health.ok();
      store.set((state) => ({
        rate: data.reviews_per_second,
        pipeline: data.pipeline,
        summary: state.summary && {
          ...state.summary,
          at_ms: data.at_ms,
          products: data.products,
          totals: data.totals,
          windows: { ...state.summary.windows, ...data.windows },
        },
      }));
    } else if (event === "problem") {
      health.fail(new Error(data.detail ?? data.title));
    }
  }

  const closeLive = openLive({
    path: api.livePath,
    key: api.key,
    onEvent: onLive,
    onState: (connection) => {
      if (store.get().connection !== connection) store.set({ connection });
    },
    onRefused,
  });
  summary.now();

  return {
    /** Ask for everything at once: another window was chosen, or the viewer does not want to wait for the next try. */
    refresh() {
      summary.now();
      if (store.get().firstWindow !== null) startRest();
    },
    /** The list's order or length changed. */
    refreshProducts: () => products.now(),
    /** Show another product's detail, or none. */
    showProduct(id) {
      product?.stop();
      product = id === null ? null : openProduct({ ...context, id, poll });
      product?.now();
    },
    close() {
      closeLive();
      for (const open of [summary, products, overview, product]) open?.stop();
    },
  };
}
