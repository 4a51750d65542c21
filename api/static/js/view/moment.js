// Which moment is looked at: the choice of one in the past, and the sign that says so and leads back.

import { h, icon, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import { offeredWindows, currentWindow } from "../state.js";
import { windowOf } from "../data/range.js";
import { dialog } from "./dialog.js";

const HOUR = 3_600_000;
const AGO = [
  { label: "1 hour ago", ms: HOUR },
  { label: "A day ago", ms: 24 * HOUR },
  { label: "A week ago", ms: 7 * 24 * HOUR },
];

/** @returns {{node: HTMLElement, open: () => void}} */
export function createMomentChoice({ store, actions }) {
  const field = h("input.field", { type: "datetime-local", id: "moment-field", required: "" });
  const message = h("p.message", { role: "alert", hidden: "" });
  const form = h(
    "form.moment-form",
    { method: "dialog" },
    h("label.field-label", { for: "moment-field" }, `Every window ends at (${format.zone()})`),
    h("div.field-row", null, field, h("button.button.primary", { type: "submit" }, "Show")),
    message,
  );
  const node = dialog(
    { id: "moment", title: "Look at another moment" },
    form,
    h(
      "div.keys-actions",
      null,
      AGO.map(({ label, ms }) => h("button.button", { type: "button", on: { click: () => pick(now() - ms) } }, label)),
      h("button.button", { type: "button", on: { click: () => pick(null) } }, "Now, live"),
    ),
    h("p.muted.hint", null, "Minutes are kept for 2 days, hours for 90 days, days for 2 years."),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const ms = new Date(field.value).getTime();
    const isUsable = ms >= 0 && ms <= now();
    message.hidden = isUsable;
    if (isUsable) pick(ms);
    else setText(message, "Choose a moment that has been.");
  });

  const now = () => store.get().liveAt ?? Date.now();

  function pick(ms) {
    node.close();
    actions.pickMoment(ms === null ? null : Math.floor(ms / 60_000) * 60_000);
  }

  return {
    node,
    open() {
      message.hidden = true;
      field.max = localTime(now());
      field.value = localTime(store.get().route.at ?? now());
      node.showModal();
    },
  };
}

/** What a datetime-local field takes: the visitor's own clock, to the minute. */
function localTime(ms) {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The strip under the bar while the past is on show. */
export function createPast({ store, actions }) {
  const words = h("p", null);
  const step = (sign) => () => {
    const state = store.get();
    const at = state.route.at + sign * windowOf(currentWindow(state)).ms;
    actions.pickMoment(at >= (state.liveAt ?? Date.now()) ? null : at);
  };
  const node = h(
    "div.past",
    { hidden: "", id: "past", role: "group", "aria-label": "A moment in the past" },
    icon("clock"),
    words,
    h("button.button.small", { type: "button", on: { click: step(-1) } }, "One window back"),
    h("button.button.small", { type: "button", on: { click: step(1) } }, "One forward"),
    h(
      "button.button.small.primary",
      { type: "button", id: "back-to-live", on: { click: () => actions.pickMoment(null) } },
      "Back to live",
    ),
  );

  store.subscribe((state, before) => {
    if (!changed(state, before, "route", "phase", "firstWindow", "liveAt")) return;
    const { at } = state.route;
    node.hidden = state.phase !== "open" || at === null;
    if (node.hidden) return;
    const chosen = state.route.window ?? state.firstWindow;
    const shown = currentWindow(state);
    const isLonger = chosen !== null && chosen !== shown && !offeredWindows(state).some(({ id }) => id === chosen);
    const instead = isLonger ? ` ${windowOf(chosen).short} is not kept of it: ${windowOf(shown).short} is shown.` : "";
    setText(words, `As of ${format.moment(at)}.${instead}`);
  });

  return node;
}
