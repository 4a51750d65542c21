// Whether the API answers. Every poll reports here, so that one message speaks for all of them.

/**
 * @param {object} store keeps `health`: null while all is well; its `reason` and `status` are null when nothing answers
 *   at all
 */
export function createHealth(store) {
  return {
    ok() {
      if (store.get().health) store.set({ health: null });
    },
    /** @param {Error} error the first one starts the clock, the newest one gives the reason */
    fail(error) {
      store.set(({ health }) => ({
        health: {
          since: health?.since ?? Date.now(),
          reason: error.status ? error.message : null,
          status: error.status ?? null,
        },
      }));
    },
  };
}
