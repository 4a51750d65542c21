// One product of the list, updated in place.

import { h, setAttr, setText } from "../core/dom.js";
import * as format from "../core/format.js";
import * as route from "../core/route.js";
import { createRatioBar } from "../chart/ratio.js";
import { createSparkline } from "../chart/sparkline.js";
import { createChange } from "./change.js";

export function createProductRow({ id, actions }) {
  const name = h("a.product-name", { draggable: "false" });
  const brand = h("span.product-brand", null);
  const reviews = h("span.product-reviews", null);
  const share = h("span.product-share", null);
  const interval = h("span.product-interval", null);
  const bar = createRatioBar();
  const change = createChange();
  const spark = createSparkline();
  const pick = h("input.pick", { type: "checkbox" });
  pick.addEventListener("change", () => actions.pickProduct(id, pick.checked));
  const cell = (kind, label, ...children) => h(`td.cell-${kind}`, { role: "cell", "data-label": label }, children);
  const node = h(
    "tr",
    { role: "row", "data-product": id },
    cell("pick", null, h("label.pick-label", null, pick)),
    cell("name", null, name, brand),
    cell("reviews", "Reviews", reviews),
    cell("share", null, h("span.share-figures", null, share, interval), bar.node),
    cell("change", "Change", change.node, change.interval),
    cell("trend", null, spark.node),
  );
  // The whole row opens the detail for a pointer; the link in it does for everybody, and can be opened in a new tab.
  node.addEventListener("click", (event) => {
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (event.target.closest(".cell-pick")) return;
    if (!isPlain || window.getSelection()?.type === "Range") return;
    event.preventDefault();
    actions.openProduct(id, name);
  });

  function update(product, { route: current, picked, movers }, window) {
    const { measures } = product;
    pick.checked = picked.includes(id);
    pick.disabled = !pick.checked && picked.length >= route.MOST_COMPARED;
    setAttr(pick, "aria-label", `Compare ${product.name ?? id}`);
    setText(name, product.name ?? id);
    setAttr(name, "href", route.format({ ...current, ...route.closed(), product: id }));
    setAttr(node, "aria-current", current.product === id ? "true" : null);
    setText(brand, product.brand ?? (product.name ? "" : "no name given"));
    setText(reviews, format.count(measures.reviews));
    setText(share, format.percent(measures.good_ratio));
    setText(interval, format.interval(measures.good_interval));
    bar.update(measures);
    change.update(id, measures, product.previous, movers?.window === window ? movers.changed : null);
    spark.update(product.trend);
  }

  return { node, update };
}
