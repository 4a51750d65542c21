// The address is the state worth sharing: "#/shop/product/B001?window=1h&sort=change&order=asc&q=lamp". It holds no key.

/**
 * @typedef {object} Route
 * @property {string | null} tenant
 * @property {string | null} product the one whose sheet is open
 * @property {string[]} compare products side by side, in the order chosen; empty: none
 * @property {boolean} alerts whether the alerts are open
 * @property {string | null} window null: the page chooses
 * @property {number | null} at ms since 1970 of the moment looked at; null: now
 * @property {string} sort
 * @property {string} order
 * @property {string} query
 * @property {string[]} faults what the address says that is no state of the page, a sentence each; never written
 */

/** What may stand behind the tenant. */
const PLACES = new Set(["product", "compare", "alerts"]);
const WINDOWS = new Set(["5m", "15m", "1h", "24h", "7d", "30d", "all"]);
/** Of a part of the address that is repeated in a sentence. */
const QUOTED_CHARS = 40;
const SORTS = new Set(["reviews", "good_ratio", "bad_ratio", "good_lower", "bad_lower", "change"]);
/** More lines than these are told apart by nobody. */
export const MOST_COMPARED = 4;
/** As the API bounds times. */
const LATEST_MS = 253_402_300_799_999;

/** What a route holds that is open above the list; one of them at most. */
export const closed = () => ({ product: null, compare: [], alerts: false });

/** Read a fragment; whatever it holds, the answer is a usable route. @returns {Route} */
export function parse(hash) {
  const [path, search = ""] = hash.replace(/^#/, "").split("?", 2);
  const [, tenant, kind, ...rest] = path.split("/");
  const params = new URLSearchParams(search);
  const window = params.get("window");
  const { sort, order } = ordering(params.get("sort"), params.get("order"));
  const items = [...new Set(params.getAll("item").filter(Boolean))];
  const found = {
    tenant: decode(tenant),
    product: kind === "product" ? decode(rest.join("/")) : null,
    compare: kind === "compare" && items.length > 1 ? items.slice(0, MOST_COMPARED) : [],
    alerts: kind === "alerts",
    window: WINDOWS.has(window) ? window : null,
    at: moment(params.get("at")),
    sort,
    order,
    query: params.get("q") ?? "",
  };
  return { ...found, faults: faultsOf(found, { tenant, kind, rest, params, items }) };
}

/** What the address asks for that there is not, and what is shown in its place. */
function faultsOf(found, { tenant, kind, rest, params, items }) {
  const faults = [];
  const [at, window, sort, order] = ["at", "window", "sort", "order"].map((name) => params.get(name));
  if (tenant && found.tenant === null) faults.push(`${quoted(tenant)} is no business.`);
  if (kind && !PLACES.has(kind)) faults.push(`${quoted(kind)} is no part of this page; the list is shown.`);
  if (kind === "product" && found.product === null)
    faults.push(`${rest[0] ? `${quoted(rest.join("/"))} is no product` : "No product is named"}; the list is shown.`);
  if (kind === "compare" && items.length < 2)
    faults.push("A comparison needs two products or more, as item=…; the list is shown.");
  if (kind === "compare" && items.length > MOST_COMPARED)
    faults.push(`Of ${items.length} products the first ${MOST_COMPARED} are compared.`);
  if (at !== null && found.at === null)
    faults.push(
      `at=${quoted(at)} is no moment with a zone, such as 2025-06-01T12:00:00Z; the newest figures are shown.`,
    );
  if (window !== null && found.window === null)
    faults.push(`window=${quoted(window)} is none of ${[...WINDOWS].join(", ")}; the page has chosen one.`);
  if ((sort !== null && !SORTS.has(sort)) || (order !== null && !["asc", "desc"].includes(order)))
    faults.push(`${quoted([sort, order].filter(Boolean).join(" "))} is no order; those with most reviews come first.`);
  return faults;
}

const quoted = (text) => `“${text.length > QUOTED_CHARS ? `${text.slice(0, QUOTED_CHARS)}…` : text}”`;

/** The fragment of a route, with defaults left out. @param {Route} route */
export function format(route) {
  const path = ["#", route.tenant ?? ""];
  const params = new URLSearchParams();
  if (route.product) path.push("product", route.product);
  else if (route.compare.length) {
    path.push("compare");
    for (const item of route.compare) params.append("item", item);
  } else if (route.alerts) path.push("alerts");
  if (route.window) params.set("window", route.window);
  if (Number.isFinite(route.at)) params.set("at", new Date(route.at).toISOString());
  if (route.sort !== "reviews" || route.order !== "desc") {
    params.set("sort", route.sort);
    params.set("order", route.order);
  }
  if (route.query) params.set("q", route.query);
  const search = params.toString();
  return path.map((part, index) => (index ? encodeURIComponent(part) : part)).join("/") + (search ? `?${search}` : "");
}

/** One name for each order: the good ratio upwards is the bad ratio downwards. */
function ordering(sort, order) {
  if (!SORTS.has(sort)) return { sort: "reviews", order: "desc" };
  if (order !== "asc") return { sort, order: "desc" };
  if (sort === "good_ratio") return { sort: "bad_ratio", order: "desc" };
  if (sort === "bad_ratio") return { sort: "good_ratio", order: "desc" };
  return { sort, order };
}

/** ISO 8601 with a zone, or null. Without one it would mean another moment to each visitor. */
function moment(text) {
  if (!text || !/(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const ms = Date.parse(text);
  return ms >= 0 && ms <= LATEST_MS ? ms : null;
}

function decode(part) {
  if (!part) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
