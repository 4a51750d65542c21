// The regions of the page and the keys that work everywhere in it.

import { h, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import { currentTenant, currentWindow, offeredWindows } from "../state.js";
import { createAlertNotice, createAlerts } from "./alerts.js";
import { createBlank } from "./blank.js";
import { createComparison } from "./comparison.js";
import { createDetail } from "./detail.js";
import { createHeader } from "./header.js";
import { createHelp } from "./help.js";
import { createKeys } from "./keys.js";
import { createMomentChoice, createPast } from "./moment.js";
import { createMovers } from "./movers.js";
import { createFaults, createNotice } from "./notice.js";
import { createProducts } from "./products.js";
import { segmented } from "./segmented.js";
import { listenForShortcuts } from "./shortcuts.js";
import { createSignin } from "./signin.js";
import { createStream } from "./stream.js";
import { createTiles } from "./tiles.js";
import { createTrend } from "./trend.js";
import { createTrust } from "./trust.js";

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
  const moment = createMomentChoice({ store, actions: given });
  const help = createHelp();
  const dialogs = [keys, moment, help].map(({ node }) => node);
  /** Open a sheet from a control that gets the focus back when it closes. */
  const opening = (open) => (what, from) => {
    opener = from ?? document.activeElement;
    open(what);
  };
  const actions = {
    ...given,
    openProduct: opening(given.openProduct),
    compare: opening(given.compare),
    openAlerts: (from) => opening(given.openAlerts)(null, from),
    closeSheet() {
      given.closeSheet();
      if (opener?.isConnected) opener.focus();
      opener = null;
    },
    nextTheme() {
      given.nextTheme();
      header.drawTheme();
    },
    openKeys: keys.open,
    openMoment: moment.open,
    openHelp: help.open,
  };

  const header = createHeader({ root: bar, store, actions });
  const notices = document.getElementById("notices");
  createNotice({ root: notices, store, actions });
  createFaults({ root: notices, store, actions });
  createAlertNotice({ root: notices, store, actions });
  bar.after(createPast({ store, actions }));
  const overview = createTrend({
    name: "overview",
    title: "All products over time",
    label: "Sentiment of all products over time",
    height: 300,
    onMetric: actions.pickMetric,
  });
  overview.node.classList.add("card");
  const stream = createStream({ store, actions });
  const parts = segmented({ name: "part", label: "Show", onPick: showPart });
  parts.node.classList.add("parts");
  const waiting = h("p.muted.waiting", { role: "status" });
  const figures = h("div.columns", null, [
    h(
      "div.column-main",
      null,
      createTiles({ store }),
      h("div.over-time", null, overview.node, createMovers({ store, actions })),
      createTrust({ store }),
      parts.node,
      createProducts({ store, actions }),
    ),
    stream.node,
  ]);
  const blank = createBlank({ store });
  page.replaceChildren(createSignin({ store, actions }), waiting, blank, figures);
  const detail = createDetail({ store, actions });
  const sheets = [detail, createComparison({ store, actions }), createAlerts({ store, actions })];
  const openSheet = () => sheets.find((sheet) => !sheet.hidden);
  document.getElementById("detail-host").append(...sheets, ...dialogs);

  // On a phone list and stream share the room; on wider screens both are there and this switch is not.
  function showPart(part) {
    page.dataset.part = part;
    parts.update(PARTS, part);
  }
  showPart("products");

  const narrow = matchMedia("(max-width: 760px)");
  const cover = () => {
    const isOpen = openSheet() !== undefined;
    document.body.classList.toggle("has-detail", isOpen);
    for (const covered of [bar, page]) covered.inert = narrow.matches && isOpen;
  };
  narrow.addEventListener("change", cover);

  document.addEventListener("keydown", (event) => {
    const isFree = !dialogs.some(({ open }) => open);
    if (event.key === "Escape" && isFree && openSheet()) actions.closeSheet();
  });
  const isOpen = () => store.get().phase === "open";
  const whenOpen = (action) => (event) => isOpen() && action(event);
  const anotherWindow = (by) => () => {
    const offered = offeredWindows(store.get()).map(({ id }) => id);
    const next = offered[offered.indexOf(currentWindow(store.get())) + by];
    if (next) actions.pickWindow(next);
  };
  listenForShortcuts({
    "/": whenOpen(() => document.getElementById("search").focus()),
    "?": help.open,
    a: whenOpen(() => actions.openAlerts()),
    c: whenOpen(() => store.get().picked.length > 1 && actions.compare(store.get().picked)),
    l: whenOpen(() => store.get().route.at !== null && actions.pickMoment(null)),
    t: whenOpen(moment.open),
    x: whenOpen(({ target }) => target.closest("[data-product]")?.querySelector(".pick")?.click()),
    "[": whenOpen(anotherWindow(-1)),
    "]": whenOpen(anotherWindow(1)),
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
    if (before && before.route.at !== state.route.at) {
      const { at } = state.route;
      setText(announcer, at === null ? "Back to live figures." : `Figures are as of ${format.moment(at)}.`);
    }
  });

  return { addReviews: stream.add, clearStream: stream.clear };
}

function titleOf(state) {
  const product = state.detail?.product?.name ?? state.detail?.id;
  const name = product ?? (state.route.compare.length ? "Comparison" : state.route.alerts ? "Alerts" : null);
  return [name, currentTenant(state)?.name, "Aura"].filter(Boolean).join(" · ");
}
