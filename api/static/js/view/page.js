// The regions of the page and the keys that work everywhere in it.

import { h, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import { currentTenant } from "../state.js";
import { createBlank } from "./blank.js";
import { createDetail } from "./detail.js";
import { createHeader } from "./header.js";
import { createKeys } from "./keys.js";
import { createNotice } from "./notice.js";
import { createProducts } from "./products.js";
import { segmented } from "./segmented.js";
import { createSignin } from "./signin.js";
import { createStream } from "./stream.js";
import { createTiles } from "./tiles.js";
import { createTrend } from "./trend.js";

const CONNECTION_NEWS = {
  live: "Connected, figures are live.",
  reconnecting: "The connection was lost and is being restored.",
  offline: "Not connected.",
};
const PARTS = [
  { value: "products", label: "Products" },
  { value: "stream", label: "Live reviews" },
];

export function createPage({ store, actions: given }) {
  const page = document.getElementById("page");
  const bar = document.getElementById("bar");
  const announcer = document.getElementById("announcer");
  let opener = null;
  const keys = createKeys({ store, actions: given });
  const actions = {
    ...given,
    openProduct(id, from) {
      opener = from;
      given.openProduct(id);
    },
    closeProduct() {
      given.closeProduct();
      if (opener?.isConnected) opener.focus();
      opener = null;
    },
    nextTheme() {
      given.nextTheme();
      header.drawTheme();
    },
    openKeys: keys.open,
  };

  const header = createHeader({ root: bar, store, actions });
  createNotice({ root: document.getElementById("notices"), store, actions });
  const overview = createTrend({
    name: "overview",
    title: "All products over time",
    label: "Sentiment of all products over time",
    height: 216,
    onMetric: actions.pickMetric,
  });
  overview.node.classList.add("card");
  const stream = createStream({ store, actions });
  const parts = segmented({ name: "part", label: "Show", onPick: showPart });
  parts.node.classList.add("parts");
  const waiting = h("p.muted.waiting", { role: "status" });
  const figures = h("div.columns", null, [
    h("div.column-main", null, createTiles({ store }), overview.node, parts.node, createProducts({ store, actions })),
    stream.node,
  ]);
  const blank = createBlank({ store });
  page.replaceChildren(createSignin({ store, actions }), waiting, blank, figures);
  const detail = createDetail({ store, actions });
  document.getElementById("detail-host").append(detail, keys.node);

  // On a phone list and stream share the room; on wider screens both are there and this switch is not.
  function showPart(part) {
    page.dataset.part = part;
    parts.update(PARTS, part);
  }
  showPart("products");

  const narrow = matchMedia("(max-width: 760px)");
  const cover = () => {
    for (const covered of [bar, page]) covered.inert = narrow.matches && !detail.hidden;
  };
  narrow.addEventListener("change", cover);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !detail.hidden && !keys.node.open) actions.closeProduct();
  });
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    page.focus();
  });

  store.subscribe((state, before) => {
    const isBlank = state.summary?.totals.reviews === 0;
    figures.hidden = state.phase !== "open" || isBlank;
    waiting.hidden = state.phase !== "starting";
    setText(
      waiting,
      state.health
        ? `${state.health.reason ?? "No answer from the API."} Trying again every few seconds.`
        : "Opening …",
    );
    if (changed(state, before, "overview", "metric", "phase")) overview.update(state.overview, state.metric);
    cover();
    if (changed(state, before, "detail", "route", "tenants", "phase")) document.title = titleOf(state);
    if (
      state.phase === "open" &&
      before &&
      before.connection !== state.connection &&
      CONNECTION_NEWS[state.connection]
    ) {
      setText(announcer, CONNECTION_NEWS[state.connection]);
    }
  });

  return { addReviews: stream.add, clearStream: stream.clear };
}

function titleOf(state) {
  const name = state.detail?.product?.name ?? state.detail?.id;
  return [name, currentTenant(state)?.name, "Aura"].filter(Boolean).join(" · ");
}
