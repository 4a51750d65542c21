// Single keys that work wherever nobody is typing.

/** @param {Record<string, (event: KeyboardEvent) => void>} does what each key does */
export function listenForShortcuts(does) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    // A key that means something to where the focus is, and a dialog that is open, come first.
    if (event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea, dialog[open]")) return;
    const action = does[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
