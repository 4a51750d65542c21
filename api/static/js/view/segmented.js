// A row of choices of which one holds: native radio buttons, so that arrow keys and screen readers just work.

import { h, setAttr, setText } from "../core/dom.js";

/** @typedef {{value: string, label: string, title?: string}} Choice */

/**
 * @param {object} options
 * @param {string} options.name unique on the page
 * @param {string} options.label for those who cannot see the row
 * @param {(value: string) => void} options.onPick
 * @returns {{node: HTMLElement, update: (choices: Choice[], value: string | null) => void}}
 */
export function segmented({ name, label, onPick }) {
  const node = h("fieldset.segmented", null, h("legend.quiet", null, label));
  const parts = new Map();
  let shown = null;

  function part(value) {
    const input = h("input.quiet", { type: "radio", name, value, on: { change: () => onPick(value) } });
    const text = h("span.segment", null);
    const item = h("label.segment-label", null, input, text);
    parts.set(value, { item, input, text });
    return parts.get(value);
  }

  /** Keep the chosen one in sight where the row is wider than its place. */
  function reveal(value) {
    const item = parts.get(value)?.item;
    if (item) node.scrollTo({ left: item.offsetLeft - (node.clientWidth - item.offsetWidth) / 2 });
  }

  function update(choices, value) {
    for (const known of [...parts.keys()]) {
      if (!choices.some((choice) => choice.value === known)) {
        parts.get(known).item.remove();
        parts.delete(known);
      }
    }
    choices.forEach((choice, index) => {
      const { item, input, text } = parts.get(choice.value) ?? part(choice.value);
      // The first child is the legend.
      if (node.children[index + 1] !== item) node.insertBefore(item, node.children[index + 1] ?? null);
      setText(text, choice.label);
      setAttr(item, "title", choice.title);
      if (input.checked !== (choice.value === value)) input.checked = choice.value === value;
    });
    if (value !== shown) reveal(value);
    shown = value;
  }

  return { node, update };
}
