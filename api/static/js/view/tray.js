// The products chosen to be compared, at the foot of the list.

import { h, icon, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as route from "../core/route.js";

export function createTray({ store, actions }) {
  const words = h("p", { role: "status" });
  const chosen = h("ul.tray-list", { "aria-label": "Chosen to compare" });
  const compare = h("button.button.small.primary", { type: "button", id: "compare" }, "Compare");
  compare.addEventListener("click", () => actions.compare(store.get().picked, compare));
  const node = h(
    "div.tray",
    { hidden: "", role: "group", "aria-label": "Comparison" },
    words,
    chosen,
    compare,
    h("button.button.small", { type: "button", on: { click: actions.unpickAll } }, "Clear"),
  );

  store.subscribe((state, before) => {
    if (!changed(state, before, "picked", "products")) return;
    const { picked, products } = state;
    node.hidden = picked.length === 0;
    if (node.hidden) return;
    compare.disabled = picked.length < 2;
    const rest = picked.length < 2 ? "choose one more" : `up to ${route.MOST_COMPARED}`;
    setText(words, `${picked.length} chosen, ${rest}`);
    if (!changed(state, before, "picked")) return;
    const nameOf = (id) => products?.rows.find((row) => row.product_id === id)?.name ?? id;
    chosen.replaceChildren(
      ...picked.map((id) => {
        const name = nameOf(id);
        const remove = h(
          "button.tray-item",
          { type: "button", "aria-label": `Leave out ${name}` },
          h("span", null, name),
          icon("close"),
        );
        remove.addEventListener("click", () => actions.pickProduct(id, false));
        return h("li", null, remove);
      }),
    );
  });

  return node;
}
