// Scored reviews as they come: a sample a person can read, however many there are.

import { h, icon, setAttr, setIcon, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import * as route from "../core/route.js";
import { reviewNode } from "./review.js";
import { segmented } from "./segmented.js";

/** Reviews kept on the page; older ones leave at the bottom. */
const MOST_SHOWN = 60;
/** New reviews are let in at this pace: three a second is what an eye can follow. */
const PACE_MS = 700;
const AT_ONCE = 2;
/** Reviews waiting for their turn; with more than this the wait would pass five seconds, so a sample stays. */
const MOST_WAITING = 14;

const FILTERS = [
  { value: "all", label: "All" },
  { value: "bad", label: "Bad" },
];

export function createStream({ store, actions }) {
  const list = h("ol.stream-list", { "aria-label": "Newest first", tabindex: "-1" });
  const pauseIcon = icon("pause");
  const pauseText = h("span", null, "Pause");
  const pause = h(
    "button.button.small",
    { type: "button", id: "pause", "aria-pressed": "false" },
    pauseIcon,
    pauseText,
  );
  const note = h("p.muted.stream-note", null);
  const filter = segmented({ name: "stream-filter", label: "Which reviews", onPick: pickFilter });
  const empty = h("p.muted.stream-empty", null, "Waiting for the next review.");
  const node = h(
    "section.card.stream",
    { "aria-label": "Scored reviews as they come", id: "stream" },
    h("div.stream-head", null, h("h2", null, "Live reviews"), filter.node, pause),
    note,
    empty,
    list,
  );

  let waiting = [];
  let isPaused = false;
  let missed = 0;
  let wanted = "all";
  let timer = 0;
  filter.update(FILTERS, wanted);

  /** Pointing at the list holds it, so that a review can be read and clicked. */
  const isHeld = () => isPaused || list.matches(":hover");

  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    missed = 0;
    setAttr(pause, "aria-pressed", isPaused);
    setIcon(pauseIcon, isPaused ? "play" : "pause");
    setText(pauseText, isPaused ? "Resume" : "Pause");
    drawNote(store.get());
    step();
  });

  function pickFilter(value) {
    wanted = value;
    filter.update(FILTERS, wanted);
    waiting = waiting.filter(isWanted);
    for (const item of [...list.children]) item.hidden = wanted === "bad" && item.classList.contains("review-good");
    empty.hidden = [...list.children].some((item) => !item.hidden);
  }

  const isWanted = (review) => wanted === "all" || review.label === wanted;

  function step() {
    clearTimeout(timer);
    timer = 0;
    if (isHeld() || !waiting.length) {
      if (waiting.length) timer = setTimeout(step, PACE_MS);
      return;
    }
    show(waiting.splice(0, AT_ONCE));
    timer = setTimeout(step, PACE_MS);
  }

  /** Put reviews, newest last, on top. */
  function show(reviews) {
    list.prepend(...reviews.map(item).reverse());
    while (list.children.length > MOST_SHOWN) list.lastChild.remove();
    if (reviews.length) empty.hidden = true;
  }

  function item(review) {
    const target = { ...store.get().route, ...route.closed(), product: review.product_id };
    const open = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      actions.openProduct(review.product_id, event.currentTarget);
    };
    return reviewNode(review, { link: { name: nameOf(review), href: route.format(target), open } });
  }

  /** A review need not name its product; an earlier one may have. */
  function nameOf({ product_id: id, product_name: given }) {
    return given ?? store.get().products?.rows.find((row) => row.product_id === id)?.name ?? id;
  }

  function drawNote({ rate, connection, route: { at } }) {
    const pace = (1000 / PACE_MS) * AT_ONCE;
    if (isPaused) setText(note, missed ? `Paused; ${format.integer(missed)} scored since` : "Paused");
    else if (connection !== "live") setText(note, "Not connected; new reviews appear when the connection is back");
    else if (at !== null) setText(note, `These come in now; the rest of the page is as of ${format.moment(at)}`);
    else if (rate > pace) setText(note, `A sample: about ${format.integer(pace)} of ${format.rate(rate)} a second`);
    else setText(note, "Every review, as it is scored");
  }

  store.subscribe((state, before) => {
    if (changed(state, before, "rate", "connection", "route") || isPaused) drawNote(state);
  });

  return {
    node,
    /**
     * Take reviews in: the first ones are shown at once, later ones at their pace.
     * @param {object[]} sample newest last
     * @param {number} count how many the sample stands for
     */
    add(sample, count) {
      if (isPaused) missed += count;
      if (!list.children.length && !isPaused) {
        show(sample.filter(isWanted));
        return;
      }
      waiting.push(...sample.filter(isWanted));
      if (waiting.length > MOST_WAITING) waiting = thin(waiting, MOST_WAITING);
      if (!timer) step();
    },
    clear() {
      waiting = [];
      missed = 0;
      list.replaceChildren();
      empty.hidden = false;
    },
  };
}

/** `size` of the items, evenly spread and with the newest one. */
function thin(items, size) {
  const stride = items.length / size;
  return Array.from({ length: size }, (_, i) => items[Math.floor((i + 1) * stride) - 1]);
}
