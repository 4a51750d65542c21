// A product's figures: the chosen window large, every window in a table, the facts of all time.

import { h, setAttr, setText } from "../core/dom.js";
import * as format from "../core/format.js";
import { createRatioBar } from "../chart/ratio.js";
import { createSentimentScale } from "../chart/scale.js";
import { agreementInterval, asSentiment } from "../data/measures.js";
import { WINDOWS, windowOf, wordsOf } from "../data/range.js";
import { createChange } from "./change.js";

const COLUMNS = [
  { label: "Window" },
  { label: "Reviews" },
  { label: `Good share, ${format.LEVEL} interval` },
  { label: "Corrected", title: "Mean calibrated P(good): the good share without the bias of counting labels" },
  { label: "Sentiment" },
  { label: "Rating" },
  { label: "Agreement", title: "Share of rated reviews on which model and stars agree" },
];

export function createProductFigures() {
  const sentiment = figure("Sentiment");
  const scale = createSentimentScale();
  const share = figure("Good reviews");
  const bar = createRatioBar();
  const reviews = figure("Reviews");
  const change = figure("Change");
  const moved = createChange();
  change.value.append(moved.node);
  change.node.append(moved.interval);
  const corrected = h("p.tile-note", { title: COLUMNS[3].title });
  sentiment.node.append(scale.node);
  share.node.append(corrected, bar.node);
  const headline = h("div.headline", null, sentiment.node, share.node, reviews.node, change.node);

  const rows = new Map(WINDOWS.map(({ id, short }) => [id, windowRow(short)]));
  const table = h(
    "div.windows-scroll",
    { tabindex: "0", role: "group", "aria-label": "Every window" },
    h(
      "table.windows",
      { "aria-label": "Figures of every window" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          COLUMNS.map(({ label, title }) => h("th", { scope: "col", title }, label)),
        ),
      ),
      h(
        "tbody",
        null,
        [...rows.values()].map((row) => row.node),
      ),
    ),
  );

  const first = fact("First review");
  const last = fact("Newest review");
  const late = fact("Came late", "Reviews older than two days when they arrived; they count in all time");
  const facts = h("dl.facts", null, first.node, last.node, late.node);

  /**
   * @param {object | null} previous `{window, measures}` of the window before the chosen one
   * @param {object | null} movers as the state holds them
   */
  function update(product, window, previous, movers, isPast) {
    const measuresOf = (id) => (id === "all" ? product.totals : product.windows[id]);
    const now = measuresOf(window);
    const words = wordsOf(window, isPast);
    setText(sentiment.value, format.sentiment(now.sentiment));
    const span = format.sentiments(asSentiment(now.mean_p_good_interval));
    setText(sentiment.note, now.reviews ? `${span} (${format.LEVEL})` : `no reviews in ${words}`);
    scale.update(now.sentiment);
    setText(share.value, format.percent(now.good_ratio));
    setText(share.note, now.reviews ? `${format.interval(now.good_interval)} (${format.LEVEL})` : "");
    setText(corrected, now.reviews ? `corrected ${correctedWords(now)}` : "");
    bar.update(now);
    setText(reviews.value, format.count(now.reviews));
    setText(reviews.note, window === "all" ? "in all time" : `in ${words}`);
    const before = previous?.window === window ? previous.measures : null;
    moved.update(product.product_id, now, before, movers?.window === window ? movers.changed : null);
    setText(
      change.note,
      before?.reviews
        ? `from ${format.percent(before.good_ratio)} in ${windowOf(window).before}`
        : "nothing before to compare with",
    );
    for (const [id, row] of rows) row.update(measuresOf(id), id === window);
    setText(first.value, format.moment(product.first_review_ms));
    setText(last.value, format.moment(product.last_review_ms));
    setText(late.value, format.integer(product.late));
  }

  return { headline, table, facts, update };
}

const correctedWords = (measures) =>
  `${format.percent(measures.mean_p_good)}, ${format.interval(measures.mean_p_good_interval)}`;

function figure(title) {
  const value = h("p.headline-value", null);
  const note = h("p.tile-note", null);
  return { node: h("div.headline-figure", null, h("h2.tile-title", null, title), value, note), value, note };
}

function fact(title, explanation) {
  const value = h("dd", null);
  return { node: h("div", { title: explanation ?? null }, h("dt", null, title), value), value };
}

function windowRow(label) {
  const cells = {
    reviews: h("td.number", null),
    share: h("td.windows-share", null),
    corrected: h("td.number", null),
    sentiment: h("td.number", null),
    rating: h("td.number", null),
    agreement: h("td.number", null),
  };
  const share = h("span.product-share", null);
  const interval = h("span.product-interval", null);
  const bar = createRatioBar();
  cells.share.append(h("span.share-figures", null, share, interval), bar.node);
  const node = h("tr", null, h("th", { scope: "row" }, label), Object.values(cells));

  function update(measures, isChosen) {
    setAttr(node, "aria-current", isChosen ? "true" : null);
    setText(cells.reviews, format.count(measures.reviews));
    setText(share, format.percent(measures.good_ratio));
    setText(interval, measures.reviews ? format.interval(measures.good_interval) : "");
    bar.update(measures);
    twoLines(cells.corrected, format.percent(measures.mean_p_good), format.interval(measures.mean_p_good_interval));
    setText(cells.sentiment, format.sentiment(measures.sentiment));
    setText(cells.rating, format.rating(measures.rating_mean));
    twoLines(cells.agreement, format.percent(measures.agreement), format.interval(agreementInterval(measures)));
  }

  /** A figure with its interval under it. */
  function twoLines(cell, value, interval) {
    if (!cell.firstChild) cell.append(h("span", null), h("span.product-interval.under", null));
    setText(cell.firstChild, value);
    setText(cell.lastChild, interval === format.NONE ? "" : interval);
  }

  return { node, update };
}
