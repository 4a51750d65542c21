// Alerts: which rules there are and how they stand, what happened, and the badge that says how many are on.

import { h, icon, setAttr, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import * as route from "../core/route.js";
import { windowOf } from "../data/range.js";
import { createSheet } from "./sheet.js";

const STATES = { on: "On", ok: "Quiet", waiting: "Not judged yet" };
const HAPPENED = { raised: "Raised", repeated: "Goes on", cleared: "Cleared", test: "Test" };
const KINDS = { low: "Low sentiment", change: "Change", silence: "Silence", drift: "Drift" };

/** How many alerts are on; null while not known. */
const countOn = (rules) => rules && rules.rules.reduce((sum, rule) => sum + rule.on, 0);

/** The button in the bar. */
export function createAlertsButton({ store, actions }) {
  const badge = h("span.badge", { "aria-hidden": "true", hidden: "" });
  const node = h(
    "button.button.round",
    { type: "button", id: "alerts-button", on: { click: (event) => actions.openAlerts(event.currentTarget) } },
    icon("bell"),
    badge,
  );

  store.subscribe((state, before) => {
    if (!changed(state, before, "rules", "phase")) return;
    node.hidden = state.phase !== "open";
    const on = countOn(state.rules) ?? 0;
    badge.hidden = on === 0;
    setText(badge, on > 99 ? "99+" : on);
    const words = on ? `Alerts, ${format.integer(on)} on` : "Alerts, none on";
    setAttr(node, "aria-label", words);
    setAttr(node, "title", words);
  });

  return node;
}

/** The newest alert as a strip under the bar. */
export function createAlertNotice({ root, store, actions }) {
  const words = h("p", null);
  const node = h(
    "div.notice.alert-notice",
    { hidden: "" },
    icon("bell"),
    words,
    h("button.button.small", { type: "button", on: { click: (event) => show(event.currentTarget) } }, "Show alerts"),
    h("button.button.small", { type: "button", on: { click: actions.dismissAlert } }, "Dismiss"),
  );
  root.append(node);

  function show(button) {
    actions.dismissAlert();
    actions.openAlerts(button);
  }

  store.subscribe((state, before) => {
    if (!changed(state, before, "newAlert", "phase")) return;
    const happened = state.newAlert;
    node.hidden = state.phase !== "open" || !happened;
    if (node.hidden) return;
    node.dataset.event = happened.event;
    setText(words, `${HAPPENED[happened.event]}: ${subjectOf(happened)}. ${format.prose(happened.why)}`);
  });
}

/** The sheet. */
export function createAlerts({ store, actions }) {
  const rules = h("ul.rules", null);
  const rulesNote = h("p.muted", { role: "status" });
  const events = h("ol.alert-events", null);
  const eventsNote = h("p.muted", null);
  const sheet = createSheet({
    id: "alerts",
    kind: "alerts",
    onClose: actions.closeSheet,
    content: [
      h(
        "div.detail-content",
        null,
        h("section", { "aria-label": "Rules" }, h("h2", null, "Rules"), rulesNote, rules),
        h("section", { "aria-label": "What happened" }, h("h2", null, "What happened"), eventsNote, events),
      ),
    ],
  });
  setText(sheet.title, "Alerts");

  store.subscribe((state, before) => {
    if (!changed(state, before, "rules", "history", "route", "phase")) return;
    const isOpen = state.phase === "open" && state.route.alerts;
    if (isOpen && !sheet.node.contains(document.activeElement?.closest("a"))) draw(state);
    sheet.show(isOpen);
  });

  function draw({ rules: known, history, route: current }) {
    const on = countOn(known);
    setText(sheet.subtitle, known ? `${on ? format.integer(on) : "None"} on` : "");
    rulesNote.hidden = false;
    if (!known) setText(rulesNote, "Not available: the API has not answered with rules yet.");
    else if (!known.rules.length)
      setText(
        rulesNote,
        "This business has no rules. They are written into the tenants file, under [[tenants.alerts]].",
      );
    else if (!known.evaluating)
      setText(rulesNote, "Nobody evaluates rules just now: start “aura alerts run”. What is shown is from before.");
    else rulesNote.hidden = true;
    rules.replaceChildren(...(known?.rules ?? []).map((rule) => ruleNode(rule, current, actions)));
    const listed = history?.events ?? [];
    eventsNote.hidden = listed.length > 0;
    setText(eventsNote, "Nothing yet.");
    events.replaceChildren(...listed.map((happened) => eventNode(happened, current, actions)));
  }

  return sheet.node;
}

function ruleNode(rule, current, actions) {
  const what = { products: "every product", product: rule.product, tenant: "all reviews together" }[rule.scope];
  return h(
    "li.rule",
    { "data-state": rule.state, "data-severity": rule.severity },
    h(
      "p.rule-head",
      null,
      h("strong", null, rule.id),
      h("span.rule-state", null, rule.on > 1 ? `${format.integer(rule.on)} on` : STATES[rule.state]),
    ),
    h(
      "p.muted",
      null,
      `${KINDS[rule.kind] ?? rule.kind} of ${what ?? "all reviews together"}, ${windowWords(rule.window)}`,
    ),
    rule.held && h("p.muted", null, rule.held),
    h(
      "ul",
      null,
      rule.figures
        .filter((figure) => figure.why)
        .slice(0, 5)
        .map((figure) =>
          h(
            "li.rule-figure",
            null,
            figure.product_id && [productLink(figure, current, actions), ": "],
            format.prose(figure.why),
          ),
        ),
    ),
  );
}

function eventNode(happened, current, actions) {
  return h(
    "li.alert-event",
    { "data-event": happened.event, "data-severity": happened.severity },
    h(
      "p.rule-head",
      null,
      h("span.alert-word", null, icon(happened.event === "cleared" ? "good" : "bad"), HAPPENED[happened.event]),
      happened.product_id ? productLink(happened, current, actions) : h("strong", null, "All reviews"),
      h("time.review-time", { datetime: new Date(happened.at_ms).toISOString() }, format.when(happened.at_ms)),
    ),
    h("p", null, format.prose(happened.why)),
    // What to do about it; nothing any more once it is over.
    happened.note && happened.event !== "cleared" && h("p.muted", null, happened.note),
    h("p.muted", null, `${happened.rule} · ${happened.severity}`),
  );
}

function productLink({ product_id: id, product_name: name }, current, actions) {
  const link = h("a.mover-name", { href: route.format({ ...current, ...route.closed(), product: id }) }, name ?? id);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    actions.openProduct(id, link);
  });
  return link;
}

const subjectOf = ({ product_id: id, product_name: name, rule }) => `${name ?? id ?? "all reviews"} (${rule})`;
const windowWords = (id) => windowOf(id)?.words ?? id;
