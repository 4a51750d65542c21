// The bar at the top: whose figures, of which window, and whether they are live.

import { changed } from "../core/store.js";
import { h, icon, setAttr, setIcon, setText } from "../core/dom.js";
import * as format from "../core/format.js";
import { currentWindow } from "../state.js";
import { createAlertsButton } from "./alerts.js";
import { choicesOf } from "./comparison.js";
import { segmented } from "./segmented.js";

const CONNECTION = {
  connecting: "Connecting",
  live: "Live",
  stale: "Not current",
  reconnecting: "Reconnecting",
  offline: "Offline",
};
const THEMES = { auto: "System theme", light: "Light theme", dark: "Dark theme" };
/** A snapshot this much older than the clock is history being replayed, and the bar says so. */
const REPLAY_MS = 3_600_000;

export function createHeader({ root, store, actions }) {
  const tenants = segmented({ name: "tenant", label: "Business", onPick: actions.pickTenant });
  const windows = segmented({ name: "window", label: "Time window", onPick: actions.pickWindow });
  const momentWords = h("span.moment-words", null);
  const moment = h(
    "button.button.moment",
    { type: "button", id: "moment-button", on: { click: actions.openMoment } },
    icon("clock"),
    momentWords,
  );

  const state = h("span.status-word", { id: "connection" });
  const rate = h("strong", { id: "rate" }, format.NONE);
  const lag = h("strong", { id: "lag" }, format.NONE);
  const asOf = h("span.status-part.as-of", { hidden: "" });
  const status = h(
    "div.status",
    { "aria-label": "Pipeline", role: "group" },
    h("span.status-part.pill", null, h("span.dot", { "aria-hidden": "true" }), state),
    asOf,
    h(
      "span.status-part",
      { title: "Reviews of this business scored a second, over the last 10 seconds" },
      rate,
      " reviews/s",
    ),
    h("span.status-part", { title: "What the workers have yet to score, over all businesses" }, "lag ", lag),
  );

  const themeIcon = icon("theme-auto");
  const theme = h("button.button.round", { type: "button", id: "theme", on: { click: actions.nextTheme } }, themeIcon);
  const keys = h(
    "button.button.round",
    { type: "button", id: "keys", "aria-label": "API keys", title: "API keys", on: { click: actions.openKeys } },
    icon("key"),
  );

  const alerts = createAlertsButton({ store, actions });
  const help = h(
    "button.button.round",
    { type: "button", id: "help-button", "aria-label": "Help", title: "Help (?)", on: { click: actions.openHelp } },
    icon("help"),
  );

  root.append(
    h("div.brand", null, icon("mark"), h("span", null, "Aura")),
    h("div.bar-switches", null, tenants.node, h("div.bar-times", null, windows.node, moment)),
    status,
    h("div.bar-buttons", null, alerts, help, theme, keys),
  );

  function drawTheme() {
    const chosen = document.documentElement.dataset.theme ?? "auto";
    setIcon(themeIcon, `theme-${chosen}`);
    setAttr(theme, "aria-label", `${THEMES[chosen]}; change`);
    setAttr(theme, "title", THEMES[chosen]);
  }
  drawTheme();

  store.subscribe((now, before) => {
    const isOpen = now.phase === "open";
    for (const node of [tenants.node, windows.node, moment, status, keys]) node.hidden = !isOpen;
    if (!isOpen) return;
    if (changed(now, before, "tenants", "route", "firstWindow", "liveAt", "phase")) {
      tenants.update(
        now.tenants.map(({ tenant, name }) => ({ value: tenant, label: name })),
        now.route.tenant,
      );
      windows.update(choicesOf(now), currentWindow(now));
      const { at } = now.route;
      setText(momentWords, at === null ? "" : format.day(at));
      const words = at === null ? "Now; look at another moment" : `As of ${format.moment(at)}; look at another moment`;
      setAttr(moment, "aria-label", words);
      setAttr(moment, "title", words);
      setAttr(moment, "data-past", at !== null);
    }
    const connection = connectionOf(now);
    setText(state, CONNECTION[connection]);
    setAttr(status, "data-connection", connection);
    setText(rate, format.rate(connection === "live" ? now.rate : null));
    setText(lag, connection === "stale" ? format.NONE : lagWords(now.pipeline));
    const replayed = now.route.at === null && now.summary && Date.now() - now.summary.at_ms > REPLAY_MS;
    asOf.hidden = !replayed;
    if (replayed) setText(asOf, `as of ${format.moment(now.summary.at_ms)}`);
  });

  return { drawTheme };
}

/** A stream that is open, but has no figures to send, is not live. One refused for its pace goes on. */
function connectionOf({ connection, health }) {
  return connection === "live" && health && health.status !== 429 ? "stale" : connection;
}

function lagWords(pipeline) {
  if (!pipeline) return format.NONE;
  if (pipeline.workers === 0) return "no worker";
  return `${format.plural(pipeline.lag_records, "record")} · ${format.rate(pipeline.lag_seconds)} s`;
}
