// The API's paths, as far as the page reads them.

import { getJson, postJson } from "./http.js";

/** Whose key this is. @returns {Promise<{tenant: string, name: string, kind: string, role: string}>} */
export const whoIs = (key, signal) => getJson(key, "/v1/me", {}, signal);

/** The reads of one tenant with its key. Each returns the parsed document and throws as getJson does. */
export function tenantApi(tenant, key) {
  const base = `/v1/tenants/${encodeURIComponent(tenant)}`;
  const productPath = (id) => `${base}/products/${encodeURIComponent(id)}`;
  return {
    tenant,
    key,
    livePath: `${base}/live`,
    summary: (at, signal) => getJson(key, `${base}/summary`, { at }, signal),
    products: (params, signal) => getJson(key, `${base}/products`, params, signal),
    movers: (params, signal) => getJson(key, `${base}/movers`, params, signal),
    compare: (items, params, signal) => getJson(key, `${base}/compare`, { item: items, ...params }, signal),
    rules: (signal) => getJson(key, `${base}/alerts/rules`, {}, signal),
    alerts: (limit, signal) => getJson(key, `${base}/alerts`, { limit }, signal),
    accuracy: (params, signal) => getJson(key, `${base}/accuracy`, params, signal),
    drift: (params, signal) => getJson(key, `${base}/drift`, params, signal),
    explain: (review, signal) => postJson(key, `${base}/explain`, review, signal),
    timeline: (params, signal) => getJson(key, `${base}/timeline`, params, signal),
    product: (id, at, signal) => getJson(key, productPath(id), { at }, signal),
    productTimeline: (id, params, signal) => getJson(key, `${productPath(id)}/timeline`, params, signal),
    productDrivers: (id, params, signal) => getJson(key, `${productPath(id)}/drivers`, params, signal),
    productReviews: (id, limit, signal) => getJson(key, `${productPath(id)}/reviews`, { limit }, signal),
  };
}
