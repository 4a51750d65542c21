// Good and bad as one bar, with the 95 % interval of the boundary drawn across it.

import { s, setAttr } from "../core/dom.js";

const HEIGHT = 16;
const MIDDLE = HEIGHT / 2;

/** @returns {{node: SVGElement, update: (measures: object) => void}} */
export function createRatioBar() {
  const good = s("rect.ratio-good", { x: 0, y: 4, height: 8, rx: 2 });
  const bad = s("rect.ratio-bad", { y: 4, height: 8, rx: 2 });
  const low = s("line.ratio-whisker", { y1: 1.5, y2: HEIGHT - 1.5 });
  const high = s("line.ratio-whisker", { y1: 1.5, y2: HEIGHT - 1.5 });
  const span = s("line.ratio-whisker", { y1: MIDDLE, y2: MIDDLE });
  const under = s("line.ratio-halo", { y1: MIDDLE, y2: MIDDLE });
  const node = s(
    "svg.ratio",
    { "aria-hidden": "true", height: HEIGHT },
    s("rect.ratio-none", { x: 0, y: 4, width: "100%", height: 8, rx: 2 }),
    good,
    bad,
    under,
    span,
    low,
    high,
  );

  function update({ good_ratio: share, good_interval: interval }) {
    const known = share !== null;
    for (const part of [good, bad, under, span, low, high]) part.classList.toggle("absent", !known);
    if (!known) return;
    const at = share * 100;
    setAttr(good, "width", `${at}%`);
    setAttr(bad, "x", `${at}%`);
    setAttr(bad, "width", `${100 - at}%`);
    const [from, to] = interval.map((end) => `${Math.max(0.4, Math.min(99.6, end * 100))}%`);
    for (const line of [span, under]) {
      setAttr(line, "x1", from);
      setAttr(line, "x2", to);
    }
    for (const [line, x] of [
      [low, from],
      [high, to],
    ]) {
      setAttr(line, "x1", x);
      setAttr(line, "x2", x);
    }
  }

  update({ good_ratio: null });
  return { node, update };
}
