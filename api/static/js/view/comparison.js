// Products side by side over one window, and every pair's difference with its interval.

import { h, setAttr, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import * as route from "../core/route.js";
import { createDifference, limitOf } from "../chart/difference.js";
import { createRatioBar } from "../chart/ratio.js";
import { agreementInterval, asSentiment } from "../data/measures.js";
import { wordsOf } from "../data/range.js";
import { currentWindow, offeredWindows } from "../state.js";
import { segmented } from "./segmented.js";
import { createSheet } from "./sheet.js";

const COLUMNS = [
  "Product",
  "Reviews",
  `Good share, ${format.LEVEL} interval`,
  "Corrected",
  "Sentiment",
  "Rating",
  "Agreement",
];
const PAIRS = ["Pair", "Difference", `${format.LEVEL} interval`, "Verdict"];
/** A pair differs where this corrected p-value is reached: one wrong verdict in twenty comparisons, of all pairs. */
const LEVEL = 0.05;

export function createComparison({ store, actions }) {
  const windows = segmented({ name: "comparison-window", label: "Time window", onPick: actions.pickWindow });
  const body = h("tbody", null);
  const pairs = h("tbody", null);
  const pairsNote = h("p.muted", null);
  const blank = h("p.muted.detail-blank", { role: "status" });
  const content = h(
    "div.detail-content",
    null,
    h(
      "section",
      { "aria-label": "Side by side" },
      h("h2", null, "Side by side"),
      tableOf("Side by side", COLUMNS, body, "compared"),
    ),
    h(
      "section",
      { "aria-label": "Differences" },
      h("h2", null, "Differences"),
      pairsNote,
      tableOf("Differences", PAIRS, pairs, "pairs"),
    ),
  );
  const sheet = createSheet({
    id: "comparison",
    kind: "comparison",
    onClose: actions.closeSheet,
    extra: [windows.node],
    content: [blank, content],
  });
  setText(sheet.title, "Comparison");

  store.subscribe((state, before) => {
    if (!changed(state, before, "comparison", "route", "phase", "firstWindow", "liveAt")) return;
    const { compare } = state.route;
    const isOpen = state.phase === "open" && compare.length > 0;
    if (isOpen) {
      windows.update(choicesOf(state), currentWindow(state));
      draw(state);
    }
    sheet.show(isOpen);
  });

  function draw({ comparison, route: shown, ...rest }) {
    const window = currentWindow({ route: shown, ...rest });
    const fits = comparison && String(comparison.items) === String(shown.compare);
    const answer = fits ? comparison.answer : null;
    blank.hidden = answer !== null;
    content.hidden = answer === null;
    setAttr(content, "aria-busy", comparison?.window === window ? null : "true");
    if (!answer) {
      setText(sheet.subtitle, "");
      setText(blank, fits ? `${comparison.reason} Close this and choose others.` : "Reading …");
      return;
    }
    setText(
      sheet.subtitle,
      `${format.integer(answer.items.length)} products in ${wordsOf(answer.window, shown.at !== null)}`,
    );
    const names = new Map(answer.items.map(({ id, name }) => [id, name ?? id]));
    if (body.contains(document.activeElement)) return;
    body.replaceChildren(...answer.items.map((item) => itemRow(item, shown, actions)));
    const limit = limitOf(answer.differences.map((pair) => pair.difference_interval));
    pairs.replaceChildren(...answer.differences.map((pair) => pairRow(pair, names, limit)));
    const left = (answer.items.length * (answer.items.length - 1)) / 2 - answer.differences.length;
    setText(
      pairsNote,
      left
        ? `Of ${format.plural(left, "pair")} one side has no reviews in this window.`
        : "Good share of the first less that of the second; p corrected for all pairs (Holm).",
    );
  }

  return sheet.node;
}

/** The windows to choose from at the moment looked at. */
export function choicesOf(state) {
  return offeredWindows(state).map(({ id, short, words }) => ({ value: id, label: short, title: words }));
}

function tableOf(label, columns, body, kind) {
  return h(
    "div.windows-scroll",
    { tabindex: "0", role: "group", "aria-label": label },
    h(
      `table.windows.${kind}`,
      { "aria-label": label, role: "table" },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          columns.map((text) => h("th", { scope: "col" }, text)),
        ),
      ),
      body,
    ),
  );
}

function itemRow({ id, name, measures }, current, actions) {
  const bar = createRatioBar();
  bar.update(measures);
  const link = h("a", { href: route.format({ ...current, ...route.closed(), product: id }) }, name ?? id);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    actions.openProduct(id, link);
  });
  const known = measures.reviews > 0;
  const two = (label, value, interval) =>
    h("td", { "data-label": label }, h("span", null, value), known && h("span.product-interval.under", null, interval));
  return h(
    "tr",
    null,
    h("th", { scope: "row" }, link),
    h("td", { "data-label": "Reviews" }, format.count(measures.reviews)),
    h(
      "td.windows-share",
      null,
      h(
        "span.share-figures",
        null,
        h("span.product-share", null, format.percent(measures.good_ratio)),
        h("span.product-interval", null, known ? format.interval(measures.good_interval) : "no reviews"),
      ),
      bar.node,
    ),
    two("Corrected", format.percent(measures.mean_p_good), format.interval(measures.mean_p_good_interval)),
    two(
      "Sentiment",
      format.sentiment(measures.sentiment),
      format.sentiments(asSentiment(measures.mean_p_good_interval)),
    ),
    h("td", { "data-label": "Rating" }, format.rating(measures.rating_mean)),
    measures.rated
      ? two("Agreement", format.percent(measures.agreement), format.interval(agreementInterval(measures)))
      : h("td", { "data-label": "Agreement" }, format.NONE),
  );
}

function pairRow(pair, names, limit) {
  const drawn = createDifference();
  const differs = pair.p_holm <= LEVEL;
  drawn.update(pair.difference, pair.difference_interval, limit, differs);
  return h(
    "tr",
    null,
    h(
      "th",
      { scope: "row" },
      h("span.pair-name", null, names.get(pair.id)),
      h("span.muted", null, " less "),
      h("span.pair-name", null, names.get(pair.against)),
    ),
    h("td", { "data-label": "Difference" }, h("strong", null, format.points(pair.difference))),
    h(
      "td.windows-share",
      null,
      h("span.product-interval", null, format.pointsInterval(pair.difference_interval)),
      drawn.node,
    ),
    h(
      "td",
      { "data-label": "Verdict" },
      h("span", null, differs ? "beyond chance" : "may be chance"),
      h("span.product-interval.under", null, format.pValue(pair.p_holm)),
    ),
  );
}
