// Runs before the first paint, so that a chosen theme never flashes the other one. Not a module for that reason.
(() => {
  try {
    const chosen = localStorage.getItem("aura.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage can be forbidden; the system's preference then decides.
  }
})();
