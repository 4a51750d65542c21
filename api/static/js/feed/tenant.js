// Everything that is read for the tenant on show: polls for figures, one live stream for reviews.

import { createPoll } from "../core/poll.js";
import { openLive } from "../data/live.js";
import { createAlertsTask } from "./alerts.js";
import { createComparisonTask } from "./comparison.js";
import { createMoversTask } from "./movers.js";
import { createProductsTask } from "./products.js";
import { createSummaryTask } from "./summary.js";
import { createTimelineTask } from "./timeline.js";
import { createTrustTask } from "./trust.js";
import { openProduct } from "./product.js";

/**
 * @param {object} options
 * @param {object} options.store
 * @param {object} options.api of data/api.js
 * @param {object} options.health
 * @param {(reviews: object[], count: number) => void} options.onReviews
 * @param {(alert: object) => void} options.onAlert something happened to an alert
 * @param {(error: Error) => void} options.onRefused
 */
export function openTenant({ store, api, health, onReviews, onAlert, onRefused }) {
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
  const movers = poll(createMoversTask(context));
  const trust = poll(createTrustTask(context));
  const comparison = poll(createComparisonTask(context));
  const alerts = poll(createAlertsTask(context));
  /** Nothing else can be read before it is known which window suits, and since when there are reviews. */
  const isKnown = () => store.get().firstWindow !== null && store.get().summary !== null;
  const summaryTask = createSummaryTask(context);
  const summary = poll({
    ...summaryTask,
    async task(signal) {
      const wasKnown = isKnown();
      await summaryTask.task(signal);
      if (!wasKnown && isKnown()) startRest();
    },
  });
  let product = null;

  function startRest() {
    products.now();
    overview.now();
    movers.now();
    trust.now();
    if (store.get().route.compare.length) comparison.now();
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
        liveAt: data.at_ms,
        summary: mergesLive(state)
          ? {
              ...state.summary,
              at_ms: data.at_ms,
              products: data.products,
              totals: data.totals,
              windows: { ...state.summary.windows, ...data.windows },
            }
          : state.summary,
      }));
    } else if (event === "alert") {
      onAlert(data);
      alerts.now();
    } else if (event === "problem") {
      health.fail(Object.assign(new Error(data.detail ?? data.title), { status: data.status }));
    }
  }

  /** Live figures are of now: they do not belong into a moment in the past. */
  const mergesLive = ({ summary: known, route }) => known !== null && route.at === null;

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
  alerts.now();

  return {
    /** Ask for everything at once: another window was chosen, or the viewer does not want to wait for the next try. */
    refresh() {
      summary.now();
      if (isKnown()) startRest();
    },
    /** The list's order or length changed. */
    refreshProducts: () => products.now(),
    /** Other products are put side by side, or none. */
    refreshComparison() {
      comparison.stop();
      if (store.get().route.compare.length && isKnown()) comparison.now();
    },
    refreshDrivers: () => product?.refreshDrivers(),
    explain: api.explain,
    /** Show another product's detail, or none. */
    showProduct(id) {
      product?.stop();
      product = id === null ? null : openProduct({ ...context, id, poll });
      product?.now();
    },
    close() {
      closeLive();
      for (const open of [summary, products, overview, movers, trust, comparison, alerts, product]) open?.stop();
    },
  };
}
