// How a product's good share moved: an arrow, the points, and whether chance alone would explain it.
//
// Whether it would is said of all products together, by the test behind "What moved": of fifty products that did not
// change, two or three have an interval that leaves 0 out.

import { h, icon, setAttr, setIcon, setText } from "../core/dom.js";
import * as format from "../core/format.js";
import { shift } from "../data/measures.js";

export function createChange() {
  const arrow = icon("level");
  const text = h("span", null);
  const said = h("span.quiet", null);
  const interval = h("span.change-interval", null);
  const node = h("span.change", null, arrow, text, said);

  /** @param {import("../feed/movers.js").Changed | null} changed null: not read, or nothing was before */
  function update(id, now, previous, changed) {
    const moved = shift(now, previous);
    const direction = moved && changed?.ids.has(id) ? Math.sign(moved.difference) : 0;
    node.dataset.direction = ["fell", "level", "rose"][direction + 1];
    setIcon(arrow, ["down", "level", "up"][direction + 1]);
    arrow.classList.toggle("absent", moved === null);
    setText(text, format.points(moved?.difference));
    setText(interval, moved ? format.pointsInterval(moved.interval) : "");
    const before =
      moved && `From ${format.percent(previous.good_ratio)} of ${format.integer(previous.reviews)} reviews`;
    const verdict = moved && changed ? verdictOf(id, now, previous, changed) : "";
    setText(said, verdict && `, ${verdict}`);
    setAttr(node, "title", moved && [before, verdict].filter(Boolean).join(": "));
  }

  return { node, interval, update };
}

function verdictOf(id, now, previous, { ids, isAll, tested, least }) {
  if (ids.has(id)) return `beyond chance, with ${format.plural(tested, "product")} tested`;
  if (Math.min(now.reviews, previous.reviews) < least) {
    return `not tested, as one of the windows has fewer than ${format.integer(least)} reviews`;
  }
  return isAll ? `may be chance, with ${format.plural(tested, "product")} tested` : "not among the surest changes";
}
