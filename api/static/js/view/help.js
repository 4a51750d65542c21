// What the keyboard can do here, and what the figures mean.

import { h } from "../core/dom.js";
import * as format from "../core/format.js";
import { dialog } from "./dialog.js";

export const SHORTCUTS = [
  { keys: ["/"], does: "Find a product" },
  { keys: ["x"], does: "Choose the product with the focus for a comparison" },
  { keys: ["c"], does: "Compare the chosen products" },
  { keys: ["a"], does: "Show the alerts" },
  { keys: ["t"], does: "Look at another moment" },
  { keys: ["l"], does: "Back to live" },
  { keys: ["["], does: "A shorter window" },
  { keys: ["]"], does: "A longer window" },
  { keys: ["Esc"], does: "Close what is open" },
  { keys: ["?"], does: "This help" },
];
const TERMS = [
  [`${format.LEVEL} interval`, "Where the true share lies with the reviews there are: few reviews, wide interval."],
  [
    "Corrected",
    "The mean of the model's calibrated P(good): for products nearer to the truth than counting its labels, for single films not.",
  ],
  [
    "Beyond chance",
    "A test says that reviews drawn by luck would hardly differ so much. Where many products are tested, it is " +
      `corrected for all: of those marked so, ${format.wholePercent(0.05)} at most changed by chance, on average.`,
  ],
  ["Agreement", "How often the model and the customer's stars say the same."],
];

/** @returns {{node: HTMLDialogElement, open: () => void}} */
export function createHelp() {
  const node = dialog(
    { id: "help", title: "Help" },
    h(
      "table.shortcuts",
      { "aria-label": "Shortcuts" },
      h(
        "tbody",
        null,
        SHORTCUTS.map(({ keys, does }) =>
          h(
            "tr",
            null,
            h(
              "th",
              { scope: "row" },
              keys.map((key) => h("kbd", null, key)),
            ),
            h("td", null, does),
          ),
        ),
      ),
    ),
    h(
      "dl.help-terms",
      null,
      TERMS.flatMap(([term, words]) => [h("dt", null, term), h("dd.muted", null, words)]),
    ),
    h("p.muted.hint", null, "The address holds what you see, without keys: copy it to share or keep this view."),
  );
  return { node, open: () => node.showModal() };
}
