// Reading single values off a chart: with the pointer, or with the arrow keys as from a slider.

import { h, s, setAttr } from "../core/dom.js";
import * as format from "../core/format.js";
import { STEP_WORDS } from "../data/range.js";
import { TOP } from "./frame.js";

/** Width the box is given when it decides on which side of the line it fits, px. */
const BOX_PX = 220;

/** @param {{label: string}} options */
export function createReadout({ label }) {
  const box = h("div.readout", { hidden: "" });
  const node = h(
    "div.chart-reader",
    { tabindex: 0, role: "slider", "aria-label": `${label}; read it with the arrow keys` },
    box,
  );
  let model = null;
  let at = null;

  function show(index) {
    at = index;
    const { series, metric, frame, front } = model;
    const bucket = series.buckets[index];
    const value = series.means[index][metric];
    const x = frame.centre(index);
    const marks = [s("line.chart-cross", { x1: x, x2: x, y1: TOP, y2: frame.barsTop + frame.barsHeight })];
    if (value !== null) marks.push(s("circle.chart-point", { cx: x, cy: frame.y(value), r: 4.5 }));
    front.replaceChildren(...marks);
    const lines = words(series, bucket, series.means[index], metric);
    box.replaceChildren(h("p.readout-time", null, lines[0]), ...lines.slice(1).map((text) => h("p", null, text)));
    box.hidden = false;
    const left = x + BOX_PX + 16 < frame.width ? x + 12 : Math.max(4, x - BOX_PX - 12);
    box.style.transform = `translate(${Math.round(left)}px, ${TOP}px)`;
    setAttr(node, "aria-valuenow", index);
    setAttr(node, "aria-valuetext", lines.join(", "));
  }

  function hide() {
    at = null;
    box.hidden = true;
    model?.front.replaceChildren();
  }

  function nearest(event) {
    const px = event.clientX - node.getBoundingClientRect().left;
    const { series, frame } = model;
    const [first, last] = [frame.centre(0), frame.centre(series.buckets.length - 1)];
    const index = Math.round(((px - first) / Math.max(1, last - first)) * (series.buckets.length - 1));
    return Math.max(0, Math.min(series.buckets.length - 1, index));
  }

  node.addEventListener("pointermove", (event) => model && show(nearest(event)));
  node.addEventListener("pointerdown", (event) => model && show(nearest(event)));
  node.addEventListener("pointerleave", () => node !== document.activeElement && hide());
  node.addEventListener(
    "focus",
    () => model && node.matches(":focus-visible") && show(at ?? model.series.buckets.length - 1),
  );
  node.addEventListener("blur", hide);
  node.addEventListener("keydown", (event) => {
    if (!model) return;
    const last = model.series.buckets.length - 1;
    const from = at ?? last;
    const page = Math.max(1, Math.round(last / 10));
    const to = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageDown: from - page,
      PageUp: from + page,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(Math.max(0, Math.min(last, to)));
  });

  return {
    node,
    update(next) {
      // A reader stays on the moment they read while new buckets push it to the left.
      const held = at === null ? null : model.series.buckets[at].start_ms;
      model = next;
      setAttr(node, "aria-valuemin", 0);
      setAttr(node, "aria-valuemax", next.series.buckets.length - 1);
      if (held === null) {
        setAttr(node, "aria-valuenow", next.series.buckets.length - 1);
        setAttr(
          node,
          "aria-valuetext",
          words(next.series, next.series.buckets.at(-1), next.series.means.at(-1), next.metric).join(", "),
        );
        return;
      }
      const index = next.series.buckets.findIndex((bucket) => bucket.start_ms >= held);
      if (index < 0) hide();
      else show(index);
    },
  };
}

function words(series, bucket, mean, metric) {
  return [
    series.step === "1d" ? format.utcDate(bucket.start_ms) : format.moment(bucket.start_ms),
    meanWords(mean, metric, series.rollingWords),
    bucket.reviews
      ? `${format.integer(bucket.good)} good, ${format.integer(bucket.bad)} bad in this ${STEP_WORDS[series.step]}`
      : `No reviews in this ${STEP_WORDS[series.step]}`,
  ];
}

function meanWords(mean, metric, span) {
  if (mean.reviews === 0) return `No reviews in the ${span} up to here`;
  const { sentiment, share } = mean.intervals;
  if (metric === "sentiment")
    return `Sentiment ${format.sentiment(mean.sentiment)}, ${format.sentiments(sentiment)} (rolling ${span})`;
  return `${format.percent(mean.share)} good, ${format.interval(share)} (rolling ${span})`;
}
