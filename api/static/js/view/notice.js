// What a viewer must know about what they see: that it is old, and since when.

import { h, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";

/** What is wrong with the address that led here. The next step of the visitor puts it right, and this away. */
export function createFaults({ root, store, actions }) {
  const text = h("p", null);
  const dismiss = h("button.button.small", { type: "button", on: { click: actions.dismissFaults } }, "Dismiss");
  const node = h("div.notice.faults", { hidden: "" }, text, dismiss);
  root.append(node);

  store.subscribe((state, before) => {
    if (!changed(state, before, "route", "phase")) return;
    const { faults } = state.route;
    node.hidden = state.phase !== "open" || !faults.length;
    setText(text, node.hidden ? "" : `This link is not whole: ${faults.join(" ")}`);
  });
}

export function createNotice({ root, store, actions }) {
  const text = h("p", null);
  const retry = h("button.button.small", { type: "button", on: { click: actions.retry } }, "Try now");
  const node = h("div.notice", { hidden: "" }, text, retry);
  root.append(node);

  store.subscribe((state, before) => {
    if (!changed(state, before, "health", "summary", "phase")) return;
    const { health } = state;
    node.hidden = state.phase !== "open" || !health;
    if (node.hidden) return;
    const since = format.clock(health.since);
    const fault = faultWords(health, since);
    const rest = state.summary
      ? "What you see is from before and stays until it is back."
      : "It is asked again every few seconds.";
    setText(text, `${fault} ${rest}`);
  });
}

/** What is wrong, and what a visitor can do about it. */
function faultWords({ reason, status }, since) {
  if (reason === null)
    return `No answer from the API since ${since}. Check your connection, and that “aura api” runs.`;
  if (status === 429) return `This key is asked with too often: ${reason} Close other tabs that use it.`;
  if (status === 503)
    return `The store behind the API is away since ${since}: ${reason} Its /readyz says what is missing.`;
  return `The API has had a fault since ${since}: ${reason}`;
}
