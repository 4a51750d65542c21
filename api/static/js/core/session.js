// The API keys of this tab. They come in the address's fragment, which browsers do not send, or are pasted; they are
// kept in sessionStorage, which ends with the tab, and never stay in the address bar or the history.

const STORED = "aura.keys";

/** A key is sent as a header, so it must be visible ASCII. */
export function looksLikeKey(text) {
  return /^[\x21-\x7e]{8,512}$/.test(text);
}

/**
 * The keys in a fragment: `#keys=shop:KEY,bank:KEY`, `#key=KEY&key=KEY`. Names before a colon are for people only.
 * @returns {string[] | null} null when the fragment is not about keys
 */
export function keysInFragment(hash) {
  if (!/^#(keys?)=/.test(hash)) return null;
  const params = new URLSearchParams(hash.slice(1));
  const listed = [...params.getAll("keys").flatMap((list) => list.split(",")), ...params.getAll("key")];
  return listed.map((entry) => entry.slice(entry.indexOf(":") + 1).trim()).filter(looksLikeKey);
}

/** @returns {string[]} */
export function storedKeys() {
  try {
    const keys = JSON.parse(sessionStorage.getItem(STORED) ?? "[]");
    return Array.isArray(keys) ? keys.filter((key) => typeof key === "string" && looksLikeKey(key)) : [];
  } catch {
    return [];
  }
}

/** Keep these keys; storage may be forbidden, then they last until the page is left. */
export function storeKeys(keys) {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(keys));
  } catch {
    // Nothing to do: the keys are in memory.
  }
}
