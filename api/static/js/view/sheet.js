// A sheet beside the list, over it on a phone: what the detail of a product, a comparison and the alerts share.

import { h, icon } from "../core/dom.js";

/**
 * @param {object} options
 * @param {string} options.id
 * @param {string} options.kind a class of its own
 * @param {() => void} options.onClose
 * @param {Node[]} [options.extra] what stands under the title
 * @param {Node[]} options.content
 */
export function createSheet({ id, kind, onClose, extra = [], content }) {
  const title = h("h1.detail-title", { id: `${id}-title`, tabindex: "-1" });
  const subtitle = h("p.muted", null);
  const close = h(
    "button.button.round",
    { type: "button", "aria-label": "Close", title: "Close (Esc)", on: { click: onClose } },
    icon("close"),
  );
  const node = h(
    `aside.detail.${kind}`,
    { role: "dialog", "aria-labelledby": `${id}-title`, id, hidden: "" },
    h("div.detail-head", null, h("div.detail-name", null, title, subtitle), close, ...extra),
    ...content,
  );

  return {
    node,
    title,
    subtitle,
    /** Show or hide it; the title gets the focus as it opens. */
    show(isOpen) {
      if (node.hidden === !isOpen) return;
      node.hidden = !isOpen;
      if (!isOpen) return;
      node.scrollTop = 0;
      title.focus({ preventScroll: true });
    },
  };
}
