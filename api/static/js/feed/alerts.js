// Alert rules and how they stand, and what happened to alerts.

const EVERY_MS = 10_000;
/** An API without these paths is asked now and then: it may be renewed. */
const MISSING_EVERY_MS = 120_000;
const SHOWN = 50;

export function createAlertsTask({ store, api, health }) {
  let isMissing = false;

  async function task(signal) {
    try {
      const rules = await api.rules(signal);
      const history = await api.alerts(SHOWN, signal);
      isMissing = false;
      store.set({ rules, history });
    } catch (error) {
      if (error.status !== 404) throw error;
      isMissing = true;
    }
    health.ok();
  }

  return { task, every: () => (isMissing ? MISSING_EVERY_MS : EVERY_MS) };
}
