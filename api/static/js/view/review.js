// One scored review. Its words come from strangers: they are set as text, never as markup.

import { h, icon } from "../core/dom.js";
import * as format from "../core/format.js";
import { explanation } from "./explanation.js";

/**
 * @param {object} review as the API gives it
 * @param {{link?: {name: string, href: string, open: (event: Event) => void}}} [options] the link names the product
 *   and leads to it
 * @param {(review: {text: string, title: string | null}) => Promise<object>} [options.explain] asks why it got its score
 * @returns {HTMLElement} a list item
 */
export function reviewNode(review, { link, explain } = {}) {
  const isGood = review.label === "good";
  const word = isGood ? "Good" : "Bad";
  const certainty = isGood ? review.p_good : 1 - review.p_good;
  const product = link && h("a.review-product", { href: link.href, on: { click: link.open } }, link.name);
  return h(
    `li.review.review-${review.label}`,
    { "data-event": review.event_id },
    h(
      "div.review-head",
      null,
      h(
        "span.verdict",
        { title: `P(good) = ${review.p_good.toFixed(3)}` },
        icon(review.label),
        `${word} ${format.wholePercent(certainty)}`,
      ),
      stars(review),
      h(
        "time.review-time",
        { datetime: new Date(review.occurred_ms).toISOString(), title: format.moment(review.occurred_ms) },
        format.when(review.occurred_ms),
      ),
    ),
    product,
    review.title && h("p.review-title", null, review.title),
    h(
      "p.review-text",
      { lang: review.language ?? null, dir: "auto" },
      review.truncated ? `${review.text}…` : review.text,
    ),
    explain && explanation(review, explain),
  );
}

function stars({ rating, label }) {
  if (rating === null || rating === undefined) return null;
  const disagrees = rating >= 4 !== (label === "good");
  return h(
    `span.stars${disagrees ? ".stars-differ" : ""}`,
    { title: disagrees ? "The customer's stars and the model disagree" : "The customer's stars" },
    String(rating),
    icon("star"),
    h("span.quiet", null, " stars given"),
    disagrees && h("span.differs", null, "differs"),
  );
}
