// How a good share moved: an arrow, the points, and whether chance alone would explain it.

import { h, icon, setAttr, setIcon, setText } from "../core/dom.js";
import * as format from "../core/format.js";
import { shift } from "../data/measures.js";

export function createChange() {
  const arrow = icon("level");
  const text = h("span", null);
  const interval = h("span.change-interval", null);
  const node = h("span.change", null, arrow, text);

  function update(now, previous) {
    const moved = shift(now, previous);
    const direction = moved?.beyondChance ? Math.sign(moved.difference) : 0;
    node.dataset.direction = ["fell", "level", "rose"][direction + 1];
    setIcon(arrow, ["down", "level", "up"][direction + 1]);
    arrow.classList.toggle("absent", moved === null);
    setText(text, format.points(moved?.difference));
    setText(interval, moved ? format.pointsInterval(moved.interval) : "");
    const before =
      moved && `From ${format.percent(previous.good_ratio)} of ${format.integer(previous.reviews)} reviews`;
    setAttr(node, "title", moved && `${before}: ${moved.beyondChance ? "beyond chance" : "may be chance"}`);
  }

  return { node, interval, update };
}
