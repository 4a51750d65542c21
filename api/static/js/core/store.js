// The page's state: one plain object, replaced piece by piece, drawn at most once a frame.

/**
 * @template S
 * @param {S} initial
 * @param {(draw: () => void) => void} schedule when to draw; one frame later by default, so that any number of
 *   live events between two frames costs one drawing, and a hidden tab draws nothing
 */
export function createStore(initial, schedule = requestAnimationFrame) {
  let state = initial;
  let drawn = null;
  let pending = false;
  const views = new Set();

  function draw() {
    pending = false;
    const before = drawn;
    drawn = state;
    for (const view of views) view(drawn, before);
  }

  return {
    get: () => state,
    /** Merge a patch, or what a function of the state returns; views see the result at the next frame. */
    set(patch) {
      state = { ...state, ...(typeof patch === "function" ? patch(state) : patch) };
      if (!pending) {
        pending = true;
        schedule(draw);
      }
    },
    /** Call `view(state, stateDrawnBefore)` at each drawing. */
    subscribe(view) {
      views.add(view);
    },
  };
}

/** True when one of the named pieces is another object or value than at the drawing before. */
export function changed(state, before, ...names) {
  return before === null || names.some((name) => state[name] !== before[name]);
}
