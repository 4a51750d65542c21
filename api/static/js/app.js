// The page is put together here: state, views, what a visitor can do, and where the address leads.

import { createStore } from "./core/store.js";
import { keysInFragment, storedKeys, storeKeys } from "./core/session.js";
import * as route from "./core/route.js";
import { tenantApi } from "./data/api.js";
import { createHealth } from "./feed/health.js";
import { openTenant } from "./feed/tenant.js";
import { createEntry } from "./entry.js";
import { currentTenant, initialState, PAGE_ROWS, SEARCH_ROWS, unreadFigures, untouchedTenant } from "./state.js";
import { nextTheme } from "./view/theme-choice.js";
import { createPage } from "./view/page.js";

takeKeysFromAddress();
const store = createStore(initialState(route.parse(location.hash)));
const health = createHealth(store);
const entry = createEntry({ store, health, onOpen: () => follow(store.get().route) });
let feed = null;
let fedTenant = null;

const page = createPage({
  store,
  actions: {
    pickTenant: (tenant) => go({ tenant, ...route.closed(), query: "" }, "push"),
    pickWindow: (window) => go({ window }, "replace"),
    pickMoment: (at) => go({ at }, "push"),
    pickMetric: (metric) => store.set({ metric }),
    sort: (sort, order) => go({ sort, order }, "replace"),
    search: (query) => go({ query }, "replace"),
    moreRows(rows) {
      store.set(({ wantedRows }) => ({ wantedRows: wantedRows + rows }));
      feed?.refreshProducts();
    },
    openProduct: (product) => go({ ...route.closed(), product }, "push"),
    compare: (items) => go({ ...route.closed(), compare: items }, "push"),
    openAlerts: () => go({ ...route.closed(), alerts: true }, "push"),
    closeSheet: () => go(route.closed(), "push"),
    pickProduct(id, isPicked) {
      store.set(({ picked }) => ({ picked: [...picked.filter((each) => each !== id), ...(isPicked ? [id] : [])] }));
    },
    unpickAll: () => store.set({ picked: [] }),
    pickAgainst(against) {
      store.set({ against });
      feed?.refreshDrivers();
    },
    explain: (review) => feed.explain(review),
    dismissFaults: () => go({}, "replace"),
    dismissAlert: () => store.set({ newAlert: null }),
    retry: () => feed?.refresh(),
    signIn: entry.signIn,
    addKey: () => entry.ask(null),
    cancelSignIn: () => go({ tenant: currentTenant(store.get())?.tenant ?? store.get().tenants[0].tenant }, "replace"),
    signOut() {
      storeKeys([]);
      closeFeed();
      store.set({ tenants: [], ...untouchedTenant(), phase: "signin", signin: { message: null, busy: false } });
      history.replaceState(null, "", "#/");
    },
    nextTheme,
  },
});

/** Change the address and follow it. */
function go(patch, how) {
  const next = { ...store.get().route, faults: [], ...patch };
  history[how === "push" ? "pushState" : "replaceState"](null, "", route.format(next));
  follow(next);
}

/** Bring state and feeds to where a route leads. */
function follow(next) {
  const { route: before, tenants } = store.get();
  if (!tenants.length) {
    store.set({ route: next });
    return;
  }
  const tenant = next.tenant ?? tenants[0].tenant;
  const target = { ...next, tenant };
  const owner = tenants.find((each) => each.tenant === tenant);
  if (!owner) {
    store.set({ route: target });
    closeFeed();
    entry.ask(`No key of this tab opens “${tenant}”. Paste one that does.`);
    return;
  }
  if (next.tenant === null) history.replaceState(null, "", route.format(target));
  store.set({ phase: "open", route: target });
  const isOther = fedTenant !== tenant;
  if (isOther) openFeed(owner);
  if (isOther && target.compare.length) store.set({ picked: target.compare });
  if (!isOther && before.at !== target.at) {
    const { detail } = store.get();
    store.set({ ...unreadFigures(), detail: detail && { ...detail, status: "loading", product: null, series: null } });
  }
  const wasSearch = before.query !== "";
  const isSearch = target.query !== "";
  if (isOther || wasSearch !== isSearch) store.set({ wantedRows: isSearch ? SEARCH_ROWS : PAGE_ROWS });

  if (isOther || before.product !== target.product) {
    if (target.product === null) store.set({ detail: null });
    feed.showProduct(target.product);
  }
  if (isOther) return;
  if (String(before.compare) !== String(target.compare)) {
    store.set({ comparison: null, picked: target.compare.length ? target.compare : store.get().picked });
    feed.refreshComparison();
  }
  if (before.window !== target.window || before.at !== target.at) feed.refresh();
  else if (before.sort !== target.sort || before.order !== target.order || wasSearch !== isSearch)
    feed.refreshProducts();
}

function openFeed({ tenant, key, name }) {
  closeFeed();
  fedTenant = tenant;
  page.clearStream();
  store.set(untouchedTenant());
  feed = openTenant({
    store,
    api: tenantApi(tenant, key),
    health,
    onReviews: page.addReviews,
    onAlert: (newAlert) => store.set({ newAlert }),
    onRefused(problem) {
      closeFeed();
      entry.drop(key, `The key of ${name} is no longer accepted: ${problem.message}`);
    },
  });
}

function closeFeed() {
  feed?.close();
  feed = null;
  fedTenant = null;
}

/** Keys in the address are put away at once, so that neither the bar, the history nor a bookmark keeps them. */
function takeKeysFromAddress() {
  const keys = keysInFragment(location.hash);
  if (keys === null) return false;
  if (keys.length) storeKeys(keys);
  history.replaceState(null, "", "#/");
  return keys.length > 0;
}

window.addEventListener("popstate", () => {
  if (takeKeysFromAddress()) location.reload();
  else follow(route.parse(location.hash));
});

entry.open(storedKeys());
