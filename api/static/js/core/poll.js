// Asking again and again, but never twice at once, not while the tab is hidden, and less often while it fails.

/** Longest wait between two tries of what keeps failing. Whoever repaired the API should not wait longer to see it. */
const MAX_BACKOFF_MS = 15_000;

/**
 * @param {object} options
 * @param {(signal: AbortSignal) => Promise<void>} options.task one round
 * @param {number | (() => number)} options.every ms between the end of one round and the start of the next
 * @param {(error: Error) => void} options.onError called for each failed round, not for aborted ones
 */
export function createPoll({ task, every, onError }) {
  let timer = 0;
  let running = null;
  let stopped = true;
  let failures = 0;

  async function round() {
    clearTimeout(timer);
    running?.abort();
    const abort = new AbortController();
    running = abort;
    let least = 0;
    try {
      await task(abort.signal);
      failures = 0;
    } catch (error) {
      if (abort.signal.aborted) return;
      failures += 1;
      least = error.retryAfterMs ?? 0;
      onError(error);
    }
    if (running !== abort) return;
    running = null;
    const usual = typeof every === "function" ? every() : every;
    const wait = failures ? Math.max(least, Math.min(usual * 2 ** failures, MAX_BACKOFF_MS)) : usual;
    if (!stopped && !document.hidden) timer = setTimeout(round, wait);
  }

  function halt() {
    clearTimeout(timer);
    running?.abort();
    running = null;
  }

  function onVisibility() {
    if (document.hidden) halt();
    else round();
  }

  return {
    /** Start, or when already started, ask at once. */
    now() {
      if (stopped) document.addEventListener("visibilitychange", onVisibility);
      stopped = false;
      failures = 0;
      if (!document.hidden) round();
    },
    stop() {
      if (!stopped) document.removeEventListener("visibilitychange", onVisibility);
      stopped = true;
      halt();
    },
  };
}
