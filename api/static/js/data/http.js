// Requests to the API with one tenant's key. Every failure is one of the two classes here.

/** How long a request may take. Polls repeat, so a stuck one must not hold up the next. */
const TIMEOUT_MS = 10_000;

/** The API answered, with a problem (RFC 9457). */
export class Problem extends Error {
  /** @param {Response} response @param {object} body the problem document, {} when there was none */
  constructor(response, body) {
    super(body.detail || body.title || `The API answered ${response.status}.`);
    this.name = "Problem";
    this.status = response.status;
    this.type = body.type ?? "about:blank";
    const seconds = Number(response.headers.get("Retry-After"));
    this.retryAfterMs = seconds > 0 ? seconds * 1000 : null;
  }

  /** The key is no good (any more). */
  get isRefusal() {
    return this.status === 401 || this.status === 403;
  }
}

/** The API did not answer: no connection, a broken one, or no answer in time. */
export class Unreachable extends Error {
  constructor(cause) {
    super("No answer from the API.", { cause });
    this.name = "Unreachable";
  }
}

/** The problem document of a failed response, as an error. */
export async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new Problem(response, body && typeof body === "object" ? body : {});
}

/** Headers that carry a key. */
export const authorization = (key) => ({ "X-API-Key": key });

/**
 * GET a JSON document.
 * @param {string} key
 * @param {string} path
 * @param {Record<string, string | number | string[] | null | undefined>} params null and undefined are left out, of a
 *   list each is sent
 * @param {AbortSignal} [signal] its abort is passed on as it is
 * @throws {Problem | Unreachable | DOMException}
 */
export async function getJson(key, path, params = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined) for (const each of [value].flat()) query.append(name, each);
  }
  const search = query.toString();
  return send(key, search ? `${path}?${search}` : path, { cache: "no-cache" }, signal);
}

/** POST a JSON document, as {@link getJson} gets one. */
export async function postJson(key, path, body, signal = undefined) {
  return send(key, path, { method: "POST", body: JSON.stringify(body), type: "application/json" }, signal);
}

async function send(key, address, { type, ...options }, signal) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(address, {
      ...options,
      headers: { ...authorization(key), Accept: "application/json", ...(type && { "Content-Type": type }) },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.ok) return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(error);
  }
  throw await problemOf(response);
}
