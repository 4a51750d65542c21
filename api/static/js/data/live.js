// One tenant's live stream, kept open: reconnects with growing pauses and takes up where it stopped.

import { EventStreamParser } from "./sse.js";
import { authorization, problemOf } from "./http.js";

/** The server sends something every second and a comment every 15: longer silence is a dead connection. */
const SILENCE_MS = 35_000;
/** Wait before a reconnection until the server says otherwise. */
const RETRY_MS = 2_000;
const MAX_RETRY_MS = 30_000;
/** Failed tries in a row after which it is called offline rather than reconnecting. */
const OFFLINE_AFTER = 3;
/**
 * A hidden tab gives its connection back after this time: browsers open only six to one HTTP/1.1 server, and six
 * forgotten tabs would keep a seventh from loading.
 */
const HIDDEN_MS = 20_000;
/** After a longer pause the missed reviews are old news, and not asked for. */
const RESUME_MS = 60_000;

/**
 * @param {object} options
 * @param {string} options.path
 * @param {string} options.key
 * @param {(event: string, data: object) => void} options.onEvent
 * @param {(state: "connecting" | "live" | "reconnecting" | "offline") => void} options.onState
 * @param {(problem: Error) => void} options.onRefused the key does not open this stream; no more tries are made
 * @returns {() => void} closes it for good
 */
export function openLive({ path, key, onEvent, onState, onRefused }) {
  let closed = false;
  let failures = 0;
  let lastId = "";
  let lastSeen = Date.now();
  let retryMs = RETRY_MS;
  let request = null;
  let timer = 0;
  let hiddenTimer = 0;

  async function connect() {
    clearTimeout(timer);
    const abort = new AbortController();
    request = abort;
    if (failures === 0) onState("connecting");
    let refused = null;
    try {
      refused = await read(abort);
    } catch {
      // A lost connection and an abort look alike; what matters is whether this request is still the wanted one.
    }
    if (closed || request !== abort) return;
    request = null;
    if (refused) {
      onState("offline");
      onRefused(refused);
      return;
    }
    failures += 1;
    onState(failures >= OFFLINE_AFTER || !navigator.onLine ? "offline" : "reconnecting");
    // Half of the pause is random, so that many pages do not come back to a restarted API in one instant.
    const pause = Math.min(retryMs * 2 ** (failures - 1), MAX_RETRY_MS);
    timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
  }

  async function read(abort) {
    const headers = { ...authorization(key), Accept: "text/event-stream" };
    if (lastId && Date.now() - lastSeen < RESUME_MS) headers["Last-Event-ID"] = lastId;
    let watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
    try {
      const response = await fetch(path, { headers, cache: "no-store", signal: abort.signal });
      if (!response.ok) {
        const problem = await problemOf(response);
        return problem.isRefusal ? problem : null;
      }
      const parser = new EventStreamParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
        if (closed || request !== abort) return null;
        deliver(parser.push(piece.value), parser);
      }
      return null;
    } finally {
      clearTimeout(watchdog);
    }
  }

  function deliver(events, parser) {
    retryMs = parser.retryMs ?? retryMs;
    for (const { event, data } of events) {
      if (failures !== 0 || event === "summary") onState("live");
      failures = 0;
      lastSeen = Date.now();
      lastId = parser.lastId || lastId;
      onEvent(event, JSON.parse(data));
    }
  }

  function drop() {
    clearTimeout(timer);
    const open = request;
    request = null;
    open?.abort();
  }

  function onVisibility() {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(drop, HIDDEN_MS);
    else if (!request) connect();
  }

  function onOnline() {
    if (!document.hidden && !request) connect();
  }

  document.addEventListener("visibilitychange", onVisibility);
  window.addEventListener("online", onOnline);
  connect();

  return () => {
    closed = true;
    clearTimeout(hiddenTimer);
    document.removeEventListener("visibilitychange", onVisibility);
    window.removeEventListener("online", onOnline);
    drop();
  };
}
