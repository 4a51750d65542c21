// Which words set a product's bad reviews apart: from its good ones, or from other products' bad ones.

import { h, setAttr, setText } from "../core/dom.js";
import * as format from "../core/format.js";
import { windowOf } from "../data/range.js";
import { segmented } from "./segmented.js";

const SIDES = [
  { value: "good", label: "Its good reviews" },
  { value: "others", label: "Others' bad ones" },
];
/** Words a side; the API has more. */
const SHOWN = 8;

export function createDrivers({ onAgainst }) {
  const choice = segmented({ name: "against", label: "Bad reviews against", onPick: onAgainst });
  const note = h("p.muted", { role: "status" });
  const bad = h("tbody", null);
  const reference = h("tbody", null);
  const lists = h(
    "div.drivers-lists",
    null,
    listOf("Bad reviews say more often", bad),
    listOf("The others say more often", reference),
  );
  const node = h(
    "section.drivers",
    { "aria-label": "What bad reviews talk about", id: "drivers" },
    h("div.drivers-head", null, h("h2", null, "What bad reviews talk about"), choice.node),
    note,
    lists,
  );

  /** @param {object | null} drivers `{window, against, answer, reason}`, null while not read */
  function update(drivers, against) {
    choice.update(SIDES, against);
    setAttr(node, "aria-busy", drivers?.against === against ? null : "true");
    const answer = drivers?.answer;
    lists.hidden = !answer?.terms.length;
    if (!drivers) setText(note, "Reading …");
    else if (!answer) setText(note, drivers.reason);
    else setText(note, noteWords(answer));
    if (!answer) return;
    const rows = (leans) =>
      answer.terms
        .filter((term) => term.leans === leans)
        .slice(0, SHOWN)
        .map(termRow);
    bad.replaceChildren(...rows("bad"));
    reference.replaceChildren(...rows("reference"));
    for (const side of [bad, reference]) side.parentElement.hidden = side.childElementCount === 0;
  }

  return { node, update };
}

function noteWords({ bad, reference, enough, min_reviews: least, window, terms, fdr }) {
  const { words } = windowOf(window);
  const sizes = `${format.integer(bad.sampled)} of ${format.integer(bad.reviews)} bad reviews in ${words} against ${format.integer(reference.sampled)} of ${format.integer(reference.reviews)}`;
  if (!enough) return `Too few to tell: ${sizes}; ${format.integer(least)} are needed on each side.`;
  if (!terms.length) return `No word sets them apart beyond chance: ${sizes}.`;
  return `${sizes}. At most ${format.wholePercent(fdr)} of these words are here by chance.`;
}

function listOf(title, body) {
  return h(
    "table.terms",
    { "aria-label": title },
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        h("th", { scope: "col" }, title),
        h("th", { scope: "col" }, "Bad"),
        h("th", { scope: "col" }, "Others"),
      ),
    ),
    body,
  );
}

function termRow({ term, bad_share: badShare, reference_share: otherShare, log_odds: logOdds, z, q_value: q }) {
  return h(
    "tr",
    {
      title: `log-odds ${format.decimal(logOdds, 2)}, z ${format.decimal(z, 1)}, ${format.pValue(q).replace("p", "q")}`,
    },
    h("th", { scope: "row", dir: "auto" }, term),
    h("td", null, format.wholePercent(badShare)),
    h("td", null, format.wholePercent(otherShare)),
  );
}
