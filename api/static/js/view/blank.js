// A business without reviews: how the first ones get here.

import { h, setText } from "../core/dom.js";
import { currentTenant } from "../state.js";

/** How long "Copied" stays on a button. */
const COPIED_MS = 1_500;

export function createBlank({ store }) {
  const title = h("h2", null);
  const ways = h("div.ways", null);
  const node = h(
    "section.card.blank",
    { "aria-label": "No reviews yet", id: "blank", hidden: "" },
    title,
    h("p.muted", null, "Publish some, and they appear here a moment later. Three ways:"),
    ways,
  );

  store.subscribe((state) => {
    const entry = currentTenant(state);
    node.hidden = !(state.phase === "open" && entry && state.summary?.totals.reviews === 0);
    if (node.hidden || node.dataset.tenant === entry.tenant) return;
    node.dataset.tenant = entry.tenant;
    setText(title, `${entry.name} has no reviews yet`);
    ways.replaceChildren(
      way("A file of reviews", `aura publish reviews.csv --tenant ${entry.tenant} --format csv`),
      way("Traffic to try it with", "aura simulate --rate 20"),
      way("One review over HTTP", curl(entry.tenant)),
    );
  });

  return node;
}

function curl(tenant) {
  const body = JSON.stringify({ product_id: "first-product", text: "Works well and looks good." });
  return [
    `curl ${location.origin}/v1/tenants/${tenant}/reviews \\`,
    '  -H "X-API-Key: $AURA_KEY" -H "Content-Type: application/json" \\',
    `  -d '${body}'`,
  ].join("\n");
}

function way(title, command) {
  return h(
    "div.way",
    null,
    h("div.way-head", null, h("h3", null, title), copyButton(command)),
    h("pre", { tabindex: "0" }, h("code", null, command)),
  );
}

/** Browsers lend the clipboard to pages from https or the own machine only; elsewhere there is no button. */
function copyButton(command) {
  if (!navigator.clipboard) return null;
  const copy = h("button.button.small", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    const isCopied = await navigator.clipboard.writeText(command).then(
      () => true,
      () => false,
    );
    setText(copy, isCopied ? "Copied" : "Not allowed");
    setTimeout(() => setText(copy, "Copy"), COPIED_MS);
  });
  return copy;
}
