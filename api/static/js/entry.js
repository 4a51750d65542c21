// From keys to businesses: the API says whose each key is.

import { storedKeys, storeKeys, looksLikeKey } from "./core/session.js";
import { closed } from "./core/route.js";
import { whoIs } from "./data/api.js";

/** Between two tries while the API does not answer at all. */
const RETRY_MS = 3_000;

/**
 * @param {object} options
 * @param {object} options.store
 * @param {object} options.health of feed/health.js
 * @param {() => void} options.onOpen at least one business is known now
 */
export function createEntry({ store, health, onOpen }) {
  const ask = (message) => store.set({ phase: "signin", signin: { message, busy: false } });

  /** Learn the businesses of keys; wait for an API that does not answer yet. */
  async function open(keys) {
    if (!keys.length) {
      ask(null);
      return;
    }
    const answers = await Promise.allSettled(keys.map((key) => whoIs(key)));
    const refused = answers.filter(({ reason }) => reason?.isRefusal);
    const silent = answers.filter(({ reason }) => reason && !reason.isRefusal);
    if (silent.length) {
      store.set({ phase: "starting" });
      health.fail(silent[0].reason);
      setTimeout(() => open(keys), RETRY_MS);
      return;
    }
    const tenants = answers.flatMap(({ value }, index) => (value ? [{ ...value, key: keys[index] }] : []));
    storeKeys(tenants.map(({ key }) => key));
    store.set({ tenants });
    health.ok();
    if (tenants.length) onOpen();
    else ask(refused[0].reason.message);
  }

  /** Try a pasted key; on success it is kept and its business shown. */
  async function signIn(key) {
    if (!looksLikeKey(key)) {
      ask("That is not a key: it has no blanks and only plain letters, digits and signs.");
      return;
    }
    store.set({ signin: { message: null, busy: true } });
    try {
      const owner = { ...(await whoIs(key)), key };
      const others = store.get().tenants.filter(({ tenant }) => tenant !== owner.tenant);
      const tenants = [...others, owner];
      storeKeys(tenants.map((each) => each.key));
      const { route } = store.get();
      const wanted = route.tenant === owner.tenant ? route : { ...route, tenant: owner.tenant, ...closed() };
      store.set({ tenants, signin: { message: null, busy: false }, route: wanted });
      onOpen();
    } catch (error) {
      ask(error.isRefusal ? `${error.message} Check that it was copied whole.` : error.message);
    }
  }

  /** Forget a key that the API refuses. */
  function drop(key, message) {
    storeKeys(storedKeys().filter((each) => each !== key));
    store.set(({ tenants }) => ({ tenants: tenants.filter((each) => each.key !== key) }));
    ask(message);
  }

  return { open, signIn, ask, drop };
}
