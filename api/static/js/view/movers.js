// What moved: the products that got better or worse since the window before, and whether it may be chance.

import { h, icon, setAttr, setIcon, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import * as route from "../core/route.js";
import { createDifference, limitOf } from "../chart/difference.js";
import { windowOf } from "../data/range.js";
import { currentWindow } from "../state.js";

export function createMovers({ store, actions }) {
  const title = h("h2", { id: "movers-title" }, "What moved");
  const note = h("p.muted.movers-note", null);
  const list = h("ol.movers-list", { "aria-labelledby": "movers-title" });
  const empty = h("p.muted.movers-empty", null, "Reading …");
  const node = h(
    "section.card.movers",
    { "aria-labelledby": "movers-title", id: "movers" },
    h("div.movers-head", null, title, note),
    empty,
    list,
  );
  const rows = new Map();

  store.subscribe((state, before) => {
    if (!changed(state, before, "movers", "route", "firstWindow", "liveAt")) return;
    const window = currentWindow(state);
    const { movers } = state;
    const answer = movers?.window === window ? movers.answer : null;
    const found = answer?.movers ?? [];
    setAttr(node, "aria-busy", movers?.window === window ? null : "true");
    setText(note, answer?.tested ? summaryOf(answer) : "");
    empty.hidden = found.length > 0;
    setText(empty, emptyWords(movers, window, answer));
    const limit = limitOf(found.map((mover) => mover.change_interval));
    const wanted = found.map((mover) => {
      const row = rows.get(mover.product_id) ?? createRow(mover.product_id, actions);
      rows.set(mover.product_id, row);
      row.update(mover, limit, answer.tested, state.route);
      return row.node;
    });
    const isSame = wanted.length === list.children.length && wanted.every((row, i) => list.children[i] === row);
    // As in the list of products: nothing moves away under a pointer or from under the focus.
    const isHeld = list.matches(":hover") || list.contains(document.activeElement);
    if (!isSame && !(isHeld && wanted.length)) list.replaceChildren(...wanted);
  });

  return node;
}

function summaryOf({ tested, significant, window }) {
  const which = significant ? `${format.integer(significant)} of` : "None of";
  return `${which} ${format.plural(tested, "product")} beyond chance, against ${windowOf(window).before}`;
}

function emptyWords(movers, window, answer) {
  if (!movers || movers.window !== window) return "Reading …";
  if (!answer) return "All time has nothing before it to compare with. Choose a shorter window.";
  return `No product has ${format.integer(answer.min_reviews)} reviews in both windows yet. A longer window has more.`;
}

function createRow(id, actions) {
  const arrow = icon("level");
  const name = h("a.mover-name", null);
  const points = h("span.mover-points", null);
  const shares = h("span", null);
  const verdict = h("span", null);
  const interval = h("span", null);
  const difference = createDifference();
  const node = h(
    "li.mover",
    { "data-product": id },
    h("p.mover-head", null, arrow, name, points),
    difference.node,
    h("p.mover-note", null, shares, interval),
    h("p.mover-note.mover-verdict", null, verdict),
  );
  name.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    actions.openProduct(id, name);
  });

  function update(mover, limit, tested, current) {
    const direction = mover.significant ? Math.sign(mover.change) : 0;
    setIcon(arrow, ["down", "level", "up"][direction + 1]);
    setAttr(node, "data-direction", ["fell", "level", "rose"][direction + 1]);
    setText(name, mover.name ?? id);
    setAttr(name, "href", route.format({ ...current, ...route.closed(), product: id }));
    setText(points, format.points(mover.change));
    setText(shares, `${format.percent(mover.previous.good_ratio)} → ${format.percent(mover.measures.good_ratio)}`);
    setText(interval, format.pointsInterval(mover.change_interval));
    setText(
      verdict,
      mover.significant ? `beyond chance (q ${qWords(mover.q_value)})` : `may be chance, with ${tested} tested`,
    );
    difference.update(mover.change, mover.change_interval, limit, mover.significant);
  }

  return { node, update };
}

/** Corrected for all products tested. */
const qWords = (q) => format.pValue(q).replace(/^p /, "");
