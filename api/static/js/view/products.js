// The list of products: find the one that turns.

import { h, icon, setAttr, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import { currentWindow, PAGE_ROWS, SEARCH_ROWS } from "../state.js";
import { wordsOf } from "../data/range.js";
import { createTray } from "./tray.js";
import { createProductRow } from "./product-row.js";

const ORDERS = [
  { value: "reviews:desc", label: "Most reviews" },
  { value: "reviews:asc", label: "Fewest reviews" },
  { value: "bad_lower:desc", label: "Surely worst" },
  { value: "good_lower:desc", label: "Surely best" },
  { value: "bad_ratio:desc", label: "Worst share" },
  { value: "good_ratio:desc", label: "Best share" },
  { value: "change:asc", label: "Fell most" },
  { value: "change:desc", label: "Rose most" },
];
/** `orders`: what a click on the head sorts by, and what a second one does; `rises`: which of them goes upwards. */
const COLUMNS = [
  { label: "Compare", quiet: true },
  { label: "Product" },
  { label: "Reviews", orders: ["reviews:desc", "reviews:asc"], rises: 1, number: true },
  // A click orders by the interval's end, which one lucky or unlucky review cannot lead.
  {
    label: `Good share, ${format.LEVEL} interval`,
    orders: ["bad_lower:desc", "good_lower:desc"],
    same: ["bad_ratio:desc", "good_ratio:desc"],
    rises: 0,
  },
  { label: "Change", orders: ["change:asc", "change:desc"], rises: 0, number: true },
  { label: "Trend" },
];

export function createProducts({ store, actions }) {
  const search = h("input.search-input", {
    type: "search",
    id: "search",
    placeholder: "Find a product or brand",
    "aria-label": "Find a product or brand",
    autocomplete: "off",
    spellcheck: "false",
    on: { input: () => actions.search(search.value.trim()) },
  });
  const order = h(
    "select.select",
    { id: "order", "aria-label": "Order", on: { change: () => actions.sort(...order.value.split(":")) } },
    ORDERS.map(({ value, label }) => h("option", { value }, label)),
  );
  const heads = COLUMNS.map((column) => headCell(column, (chosen) => actions.sort(...chosen.split(":"))));
  const body = h("tbody", { role: "rowgroup" });
  const table = h(
    "table.products",
    { role: "table", "aria-label": "Products" },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        heads.map((head) => head.node),
      ),
    ),
    body,
  );
  const note = h("p.muted.products-note", { role: "status" });
  const more = h("button.button", { type: "button", id: "more", hidden: "" });
  more.addEventListener("click", () => actions.moreRows(store.get().route.query ? SEARCH_ROWS : PAGE_ROWS));
  const suggestion = h("button.button", { type: "button", hidden: "", on: { click: showSome } }, "Show all time");
  const tray = createTray({ store, actions });
  const title = h("h2", null, "Products");
  const subtitle = h("span.muted.count", null);
  const node = h(
    "section.card.products-card",
    { "aria-label": "Products", id: "products" },
    h(
      "div.products-head",
      null,
      h("div.products-title", null, title, subtitle),
      h("label.search", null, icon("search"), search),
      order,
    ),
    table,
    note,
    h("div.products-foot", null, more, suggestion),
    tray,
  );
  /** Lead out of an empty list to where there are reviews. */
  function showSome() {
    if (store.get().route.at === null) actions.pickWindow("all");
    else actions.pickMoment(null);
  }

  const rows = new Map();

  // Rows trade places every two seconds in a busy list. While the pointer or the focus is on them they stay where
  // they are, and only their figures change, so that nobody opens the row that just moved under the pointer.
  let steadyFor = null;
  const isHeld = () => body.matches(":hover") || body.contains(document.activeElement);

  function place(products, window, question) {
    const wanted = products.map(({ product_id: id }) => id);
    const shown = [...body.children].map((row) => row.dataset.product);
    const sameRows =
      shown.length === wanted.length && wanted.every((id) => rows.has(id) && rows.get(id).node.parentNode === body);
    const keep = sameRows && isHeld() && steadyFor === question;
    for (const product of products) {
      const row = rows.get(product.product_id) ?? createProductRow({ id: product.product_id, actions });
      rows.set(product.product_id, row);
      row.update(product, store.get(), window);
    }
    if (keep) return;
    steadyFor = question;
    wanted.forEach((id, index) => {
      const row = rows.get(id).node;
      if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null);
    });
    while (body.children.length > wanted.length) {
      rows.delete(body.lastChild.dataset.product);
      body.lastChild.remove();
    }
  }

  store.subscribe((state, before) => {
    if (!changed(state, before, "products", "movers", "route", "summary", "wantedRows", "picked", "phase")) return;
    const { products, route } = state;
    const window = currentWindow(state);
    if (search.value.trim() !== route.query) search.value = route.query;
    const chosen = `${route.sort}:${route.order}`;
    order.value = chosen;
    heads.forEach((head) => head.update(chosen));
    const fits =
      products && products.window === window && products.sort === route.sort && products.order === route.order;
    setAttr(table, "aria-busy", fits ? null : "true");
    if (!products) {
      body.replaceChildren();
      rows.clear();
      for (const words of [subtitle, note]) setText(words, "");
      more.hidden = suggestion.hidden = true;
      return;
    }
    const isPast = route.at !== null;
    const matching = products.rows.filter((product) => matches(product, route.query));
    const isSearch = route.query !== "";
    // A search may look through many rows; the list on the page stays short.
    const listed = isSearch ? matching.slice(0, 2 * PAGE_ROWS) : matching;
    place(listed, products.window, `${chosen} ${window} ${route.query}`);
    table.hidden = listed.length === 0;
    setText(subtitle, `${format.integer(products.matching)} with reviews in ${wordsOf(products.window, isPast)}`);
    setText(note, noteWords(products, isPast, listed.length, matching.length, route.query));
    more.hidden = !products.more;
    setText(more, isSearch ? `Search ${format.integer(SEARCH_ROWS)} further` : "Show more");
    suggestion.hidden = products.matching > 0 || window === "all";
    setText(suggestion, isPast ? "Back to live" : "Show all time");
  });

  return node;
}

function matches({ product_id: id, name, brand }, query) {
  const wanted = query.toLocaleLowerCase();
  return [id, name, brand].some((text) => text?.toLocaleLowerCase().includes(wanted));
}

function noteWords({ window, rows, matching, more }, isPast, listed, found, query) {
  if (matching === 0) return `No reviews in ${wordsOf(window, isPast)}.`;
  if (query === "") return more ? `${format.integer(listed)} of ${format.plural(matching, "product")}` : "";
  const all = format.plural(matching, "product");
  const where = more ? `the first ${format.integer(rows.length)} of ${all}` : all;
  if (found === 0) return `Nothing called “${query}” among ${where}.`;
  return found > listed
    ? `The first ${format.integer(listed)} of ${format.integer(found)} found among ${where}`
    : `${format.integer(found)} found among ${where}`;
}

function headCell({ label, orders, same = [], rises, number, quiet }, onSort) {
  const node = h(`th${number ? ".number" : ""}`, { scope: "col", role: "columnheader" });
  if (!orders) {
    node.append(quiet ? h("span.quiet", null, label) : label);
    return { node, update() {} };
  }
  let now = -1;
  const arrow = h("span.sort-arrow", { "aria-hidden": "true" });
  node.append(
    h("button.sort", { type: "button", on: { click: () => onSort(orders[now === 0 ? 1 : 0]) } }, label, arrow),
  );
  return {
    node,
    update(chosen) {
      now = Math.max(orders.indexOf(chosen), same.indexOf(chosen));
      const direction = now === -1 ? null : now === rises ? "ascending" : "descending";
      setAttr(node, "aria-sort", direction);
      setText(arrow, { ascending: "↑", descending: "↓" }[direction] ?? "");
    },
  };
}
