// One product: how it does in every window, how that moved, and what customers wrote last.

import { h, icon, setAttr, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import { currentWindow } from "../state.js";
import { choicesOf } from "./comparison.js";
import { createDrivers } from "./drivers.js";
import { createProductFigures } from "./product-figures.js";
import { reviewNode } from "./review.js";
import { segmented } from "./segmented.js";
import { createTrend } from "./trend.js";

export function createDetail({ store, actions }) {
  const title = h("h1.detail-title", { id: "detail-title", tabindex: "-1" });
  const subtitle = h("p.muted", null);
  const close = h(
    "button.button.round",
    { type: "button", "aria-label": "Close", title: "Close (Esc)", on: { click: actions.closeSheet } },
    icon("close"),
  );
  const windows = segmented({ name: "detail-window", label: "Time window", onPick: actions.pickWindow });
  const figures = createProductFigures();
  const trend = createTrend({
    name: "product",
    title: "Over time",
    label: "Sentiment of this product over time",
    height: 300,
    onMetric: actions.pickMetric,
  });
  const drivers = createDrivers({ onAgainst: actions.pickAgainst });
  const reviews = h("ol.detail-reviews", null);
  const noReviews = h(
    "p.muted",
    null,
    "No texts are kept of this product from then: they leave the store after some days.",
  );
  const content = h(
    "div.detail-content",
    null,
    figures.headline,
    trend.node,
    drivers.node,
    h("section", { "aria-label": "Windows" }, h("h2", null, "Every window"), figures.table),
    figures.facts,
    h("section", { "aria-label": "Recent reviews" }, h("h2", null, "Recent reviews"), noReviews, reviews),
  );
  const blank = h("p.muted.detail-blank", { role: "status" });
  const node = h(
    "aside.detail",
    { role: "dialog", "aria-labelledby": "detail-title", id: "detail", hidden: "" },
    h("div.detail-head", null, h("div.detail-name", null, title, subtitle), close, windows.node),
    blank,
    content,
  );
  let shownId = null;

  function drawReviews(list) {
    noReviews.hidden = list.length > 0;
    const known = new Map([...reviews.children].map((item) => [item.dataset.event, item]));
    const wanted = list.map((review) => known.get(review.event_id) ?? reviewNode(review, { explain: actions.explain }));
    const same = wanted.length === reviews.children.length && wanted.every((item, i) => reviews.children[i] === item);
    // A review that is read or explained does not move.
    const isOpen = reviews.querySelector(".explanation:not([hidden])") !== null;
    const isHeld = isOpen || reviews.matches(":hover") || reviews.contains(document.activeElement);
    if (!same && !(isHeld && wanted.length)) reviews.replaceChildren(...wanted);
  }

  store.subscribe((state, before) => {
    const parts = ["detail", "movers", "route", "metric", "against", "firstWindow", "liveAt", "phase"];
    if (!changed(state, before, ...parts)) return;
    const { detail } = state;
    const isOpen = state.phase === "open" && detail !== null;
    node.hidden = !isOpen;
    if (!isOpen) {
      shownId = null;
      return;
    }
    const { product, status } = detail;
    if (detail.id !== shownId) {
      shownId = detail.id;
      reviews.replaceChildren();
      node.scrollTop = 0;
      setText(title, detail.id);
      setText(subtitle, "");
      title.focus({ preventScroll: true });
    }
    content.hidden = windows.node.hidden = status !== "ready";
    blank.hidden = status === "ready";
    if (status !== "ready") {
      setText(
        blank,
        status === "missing" ? `There is no product “${detail.id}” here, or it has no reviews yet.` : "Reading …",
      );
      return;
    }
    setText(title, product.name ?? product.product_id);
    setText(
      subtitle,
      [product.brand, product.categories.slice(0, 3).join(", "), product.name && product.product_id]
        .filter(Boolean)
        .join(" · "),
    );
    windows.update(choicesOf(state), currentWindow(state));
    figures.update(product, currentWindow(state), detail.previous, state.movers, state.route.at !== null);
    trend.update(detail.series, state.metric);
    drivers.update(detail.drivers, state.against);
    setAttr(node, "aria-busy", detail.series ? null : "true");
    if (detail.reviews) drawReviews(detail.reviews);
  });

  return node;
}
