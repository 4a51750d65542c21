// The address is the state worth sharing: "#/shop/product/B001?window=1h&sort=change&order=asc&q=lamp".

/**
 * @typedef {object} Route
 * @property {string | null} tenant
 * @property {string | null} product
 * @property {string | null} window null: the page chooses
 * @property {string} sort
 * @property {string} order
 * @property {string} query
 */

const WINDOWS = new Set(["5m", "15m", "1h", "24h", "7d", "30d", "all"]);
const SORTS = new Set(["reviews", "good_ratio", "bad_ratio", "change"]);

/** Read a fragment; whatever it holds, the answer is a usable route. @returns {Route} */
export function parse(hash) {
  const [path, search = ""] = hash.replace(/^#/, "").split("?", 2);
  const [, tenant, kind, ...rest] = path.split("/");
  const params = new URLSearchParams(search);
  const window = params.get("window");
  const { sort, order } = ordering(params.get("sort"), params.get("order"));
  return {
    tenant: decode(tenant),
    product: kind === "product" ? decode(rest.join("/")) : null,
    window: WINDOWS.has(window) ? window : null,
    sort,
    order,
    query: params.get("q") ?? "",
  };
}

/** The fragment of a route, with defaults left out. @param {Route} route */
export function format(route) {
  const path = ["#", route.tenant ?? ""];
  if (route.product) path.push("product", route.product);
  const params = new URLSearchParams();
  if (route.window) params.set("window", route.window);
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

function decode(part) {
  if (!part) return null;
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
