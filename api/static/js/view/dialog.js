// A small dialog over the page: native, so that Escape, the focus and the page behind it just work.

import { h, icon } from "../core/dom.js";

/**
 * @param {{id: string, title: string}} options
 * @param {...Node} children
 * @returns {HTMLDialogElement}
 */
export function dialog({ id, title }, ...children) {
  const close = h("button.button.round", { type: "button", "aria-label": "Close" }, icon("close"));
  const node = h(
    "dialog.card.keys",
    { id, "aria-labelledby": `${id}-title` },
    h("div.keys-head", null, h("h2", { id: `${id}-title` }, title), close),
    ...children,
  );
  close.addEventListener("click", () => node.close());
  node.addEventListener("click", (event) => event.target === node && node.close());
  return node;
}
