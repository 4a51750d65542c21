// The visitor's choice of theme: the system's, light, dark, in turn. js/theme.js applies a kept one on load.

const ORDER = ["auto", "light", "dark"];

/** Go to the next theme and keep it. */
export function nextTheme() {
  const root = document.documentElement;
  const now = root.dataset.theme ?? "auto";
  const next = ORDER[(ORDER.indexOf(now) + 1) % ORDER.length];
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    localStorage.setItem("aura.theme", next);
  } catch {
    // Storage can be forbidden; the choice then holds until the page is left.
  }
}
