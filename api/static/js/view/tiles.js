// The five figures of the chosen window.

import { h, icon, setAttr, setText, setIcon } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import { createRatioBar } from "../chart/ratio.js";
import { createSentimentScale } from "../chart/scale.js";
import { agreementInterval, asSentiment, shift } from "../data/measures.js";
import { windowOf, wordsOf } from "../data/range.js";
import { currentMeasures, currentWindow } from "../state.js";

export function createTiles({ store }) {
  const sentiment = tile("Sentiment", "sentiment");
  const scale = createSentimentScale();
  sentiment.extra.append(scale.node);
  const good = tile("Good reviews", "good-share");
  const bar = createRatioBar();
  good.extra.append(bar.node);
  const reviews = tile("Reviews", "reviews");
  const rating = tile("Rating", "rating");
  const change = tile("Change", "change");
  const arrow = icon("level");
  change.value.before(arrow);
  change.node.classList.add("tile-change");
  const star = icon("star");
  rating.value.after(star);

  const node = h(
    "section.tiles",
    { "aria-label": "Key figures" },
    [sentiment, good, reviews, rating, change].map((each) => each.node),
  );

  function drawChange(window, now, previous) {
    const moved = previous?.window === window ? shift(now, previous.measures) : null;
    const direction = moved?.beyondChance ? Math.sign(moved.difference) : 0;
    setIcon(arrow, ["down", "level", "up"][direction + 1]);
    arrow.classList.toggle("absent", moved === null);
    change.node.dataset.direction = ["fell", "level", "rose"][direction + 1];
    setText(change.value, format.points(moved?.difference));
    if (window === "all") setText(change.note, "All time has nothing before it");
    else if (!moved) setText(change.note, `No reviews in ${windowOf(window).before}`);
    else {
      setText(change.note, `from ${format.percent(previous.measures.good_ratio)} in ${windowOf(window).before}`);
    }
    const verdict = moved?.beyondChance ? "beyond chance" : "may be chance";
    setText(change.second, moved ? `${format.pointsInterval(moved.interval)}: ${verdict}` : "");
  }

  store.subscribe((state, before) => {
    if (!changed(state, before, "summary", "previous", "route", "firstWindow")) return;
    const now = currentMeasures(state);
    const window = currentWindow(state);
    setAttr(node, "aria-busy", now ? null : "true");
    if (!now) {
      for (const each of [sentiment, good, reviews, rating, change]) each.clear();
      scale.update(null);
      bar.update({ good_ratio: null });
      return;
    }
    const words = wordsOf(window, state.route.at !== null);

    setText(sentiment.value, format.sentiment(now.sentiment));
    setText(
      sentiment.note,
      now.reviews ? `${format.sentiments(asSentiment(now.mean_p_good_interval))} (${format.LEVEL})` : "no reviews",
    );
    setText(sentiment.second, now.reviews ? format.mood(now.sentiment) : "");
    scale.update(now.sentiment);

    setText(good.value, format.percent(now.good_ratio));
    setText(good.note, now.reviews ? format.interval(now.good_interval) : "no reviews");
    setText(good.second, now.reviews ? `${format.LEVEL} interval, n\u00a0=\u00a0${format.integer(now.reviews)}` : "");
    bar.update(now);

    setText(reviews.value, format.count(now.reviews));
    setText(reviews.note, `in ${words}`);
    setText(
      reviews.second,
      window === "all"
        ? `of ${format.plural(state.summary.products, "product")}`
        : `${format.count(state.summary.totals.reviews)} in all time`,
    );

    setText(rating.value, format.rating(now.rating_mean));
    setText(rating.note, now.rated ? `mean of ${format.count(now.rated)} rated` : "no review came with stars");
    setText(
      rating.second,
      now.rated
        ? `model agrees with ${format.percent(now.agreement)} (${format.interval(agreementInterval(now))})`
        : "",
    );

    drawChange(window, now, state.previous);
  });

  return node;
}

function tile(title, id) {
  const value = h("span.tile-value", { id: `tile-${id}` }, format.NONE);
  const note = h("p.tile-note", null);
  const second = h("p.tile-note", null);
  const extra = h("div.tile-extra", null);
  const node = h(
    "div.tile.card",
    null,
    h("h2.tile-title", null, title),
    h("p.tile-figure", null, value),
    extra,
    note,
    second,
  );
  function clear() {
    setText(value, format.NONE);
    setText(note, "");
    setText(second, "");
  }
  return { node, value, note, second, extra, clear };
}
