// A sentiment on its scale from -1 to +1.

import { s, setAttr } from "../core/dom.js";

/** @returns {{node: SVGElement, update: (sentiment: number | null) => void}} */
export function createSentimentScale() {
  const fill = s("rect.scale-fill", { y: 5, height: 4, rx: 2 });
  const knob = s("circle.scale-knob", { cy: 7, r: 5 });
  const node = s(
    "svg.scale",
    { "aria-hidden": "true", height: 14 },
    s("rect.scale-track", { x: 0, y: 5, width: "100%", height: 4, rx: 2 }),
    fill,
    s("line.scale-zero", { x1: "50%", x2: "50%", y1: 1, y2: 13 }),
    knob,
  );

  function update(sentiment) {
    const known = sentiment !== null;
    knob.classList.toggle("absent", !known);
    fill.classList.toggle("absent", !known);
    if (!known) return;
    const at = 50 + sentiment * 50;
    setAttr(node, "data-side", sentiment < 0 ? "bad" : "good");
    setAttr(fill, "x", `${Math.min(50, at)}%`);
    setAttr(fill, "width", `${Math.abs(at - 50)}%`);
    // The knob's centre stays half a knob inside, so that it is whole at both ends.
    setAttr(knob, "cx", `${4 + (at / 100) * 92}%`);
  }

  update(null);
  return { node, update };
}
