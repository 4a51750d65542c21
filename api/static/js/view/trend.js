// A timeline with its legend, the choice of what it shows, and the same figures as a table.

import { h, s, setText } from "../core/dom.js";
import * as format from "../core/format.js";
import { createTimeline } from "../chart/timeline.js";
import { STEP_WORDS, windowOf } from "../data/range.js";
import { segmented } from "./segmented.js";

const METRICS = [
  { value: "sentiment", label: "Sentiment", title: "Mean sentiment, from -1 (bad) to +1 (good)" },
  { value: "share", label: "Good share", title: `Share of reviews scored good, with its ${format.LEVEL} interval` },
];
/** Rows of the table: the newest ones; the API has them all. */
const TABLE_ROWS = 60;

/**
 * @param {{name: string, title: string, label: string, height: number, onMetric: (metric: string) => void}} options
 */
export function createTrend({ name, title, label, height, onMetric }) {
  const choice = segmented({ name: `${name}-metric`, label: "What the chart shows", onPick: onMetric });
  const lineKey = h("span.key", null);
  const bandKey = h("span.key", null, swatch("key-band"), `${format.LEVEL} interval`);
  const barKey = h("span.key", null);
  const windowKey = h("span.key", null, swatch("key-window"));
  const windowWords = h("span", null);
  windowKey.append(windowWords);
  const chart = createTimeline({
    label,
    height,
    onDrawn: drawLegend,
  });
  const lineWords = h("span", null);
  lineKey.append(swatch("key-line"), lineWords);
  const barWords = h("span", null);
  barKey.append(swatch("key-good"), swatch("key-bad"), barWords);

  const body = h("tbody", null);
  const table = h(
    "details.figures",
    { on: { toggle: () => last && drawTable(last) } },
    h("summary", null, "Show as a table"),
    h(
      "div.figures-scroll",
      null,
      h(
        "table",
        { "aria-label": `${title}, as figures` },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            ["Time", "Sentiment", "Good share", `${format.LEVEL} interval`, "Good", "Bad"].map((text) =>
              h("th", { scope: "col" }, text),
            ),
          ),
        ),
        body,
      ),
    ),
  );
  const legend = h("p.legend", null, lineKey, bandKey, barKey, windowKey);
  const empty = h("p.muted.trend-empty", null, "Reading …");
  const node = h(
    "section.trend",
    { "aria-label": label },
    h("div.trend-head", null, h("h2", null, title), choice.node),
    legend,
    chart.node,
    empty,
    table,
  );
  empty.style.height = `${height}px`;
  let last = null;
  let lastMetric = "sentiment";

  function drawTable(series) {
    if (!table.open) return;
    const rows = series.buckets
      .map((bucket, i) => ({ bucket, mean: series.means[i] }))
      .slice(-TABLE_ROWS)
      .reverse();
    const time = series.step === "1d" ? format.utcDate : format.moment;
    body.replaceChildren(
      ...rows.map(({ bucket, mean }) =>
        h(
          "tr",
          null,
          h("th", { scope: "row" }, time(bucket.start_ms)),
          h("td", null, format.sentiment(mean.sentiment)),
          h("td", null, format.percent(mean.share)),
          h("td", null, format.interval(mean.intervals.share)),
          h("td", null, format.integer(bucket.good)),
          h("td", null, format.integer(bucket.bad)),
        ),
      ),
    );
  }

  function drawLegend({ perBar, hasThin }) {
    const { step, rollingWords } = last;
    const bar = perBar === 1 ? STEP_WORDS[step] : `${perBar} ${STEP_WORDS[step]}s`;
    setText(barWords, `Reviews per ${bar}: good up, bad down`);
    const what = lastMetric === "share" ? "Good share" : "Sentiment";
    setText(lineWords, `${what}, rolling ${rollingWords}${hasThin ? " (thin: few reviews)" : ""}`);
  }

  /** @param {object | null} series null while nothing was read @param {"sentiment" | "share"} metric */
  function update(series, metric) {
    if (series && series === last && metric === lastMetric) return;
    choice.update(METRICS, metric);
    const isEmpty = !series?.buckets.some((bucket) => bucket.reviews > 0);
    setText(empty, series ? "No reviews in this stretch of time." : "Reading …");
    empty.hidden = !isEmpty;
    chart.node.classList.toggle("absent", isEmpty);
    legend.classList.toggle("absent", !series);
    table.hidden = isEmpty;
    last = series;
    lastMetric = metric;
    if (!series) return;
    windowKey.hidden = series.bounds === null || series.bounds[0] <= series.from;
    setText(windowWords, windowOf(series.window).words);
    chart.update(series, metric);
    drawTable(series);
  }

  return { node, update };
}

function swatch(name) {
  return s(
    `svg.swatch.${name}`,
    { "aria-hidden": "true", width: 14, height: 10 },
    s("rect", { width: 14, height: 10, rx: 2 }),
  );
}
