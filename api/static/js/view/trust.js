// Whether the figures can be trusted: agreement with the stars beside the model's own test, and drift.

import { h, icon, setAttr, setIcon, setText } from "../core/dom.js";
import { changed } from "../core/store.js";
import * as format from "../core/format.js";
import { windowOf, wordsOf } from "../data/range.js";
import { currentWindow } from "../state.js";

const PERIODS = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "60d": "60 days" };
const EXPLANATION = [
  "Agreement: of the reviews that came with stars, the share on which the model says what the stars say (below 4 is " +
    "bad). Beside it stands what the test on the model's card leads one to expect of as many good and bad reviews.",
  "Drift: whether scores and words are spread as in the time before. It says that reviews look otherwise, not that " +
    "the model is wrong. Scores count as drifted when their spread has changed both by much (PSI of 0.1 or more) and " +
    "beyond chance, words when clearly more of them are unknown to the model.",
];

export function createTrust({ store }) {
  const accuracy = part("Agreement with stars");
  const drift = part("Drift");
  const node = h(
    "section.card.trust",
    { "aria-labelledby": "trust-title", id: "trust" },
    h(
      "div.trust-head",
      null,
      h("h2", { id: "trust-title" }, "Can the model be trusted?"),
      h(
        "details.trust-how",
        null,
        h("summary", null, "How this is judged"),
        EXPLANATION.map((words) => h("p.muted", null, words)),
      ),
    ),
    h("div.trust-parts", null, accuracy.node, drift.node),
  );

  store.subscribe((state, before) => {
    if (!changed(state, before, "trust", "route", "firstWindow", "liveAt")) return;
    const window = currentWindow(state);
    const trust = state.trust?.window === window ? state.trust : null;
    setAttr(node, "aria-busy", trust ? null : "true");
    const isPast = state.route.at !== null;
    accuracy.update(shownOf(trust?.accuracy, (answer) => accuracyWords(answer, isPast)));
    drift.update(shownOf(trust?.drift, (answer) => driftWords(answer, isPast)));
  });

  return node;
}

/** What stands in a part: `{value, verdict, notes, state}`; state is ok, warn, bad or none. */
function shownOf(found, words) {
  if (!found) return { value: format.NONE, verdict: "Reading …", notes: [], state: "none" };
  if (!found.answer) return { value: format.NONE, verdict: "Cannot be told", notes: [found.reason], state: "none" };
  return words(found.answer);
}

function accuracyWords({ window, reviews, rated, accuracy, accuracy_interval: interval, card, model }, isPast) {
  const words = wordsOf(window, isPast);
  const all = format.plural(reviews, "review");
  if (!rated) {
    const why = reviews ? `None of ${all} in ${words} came with stars.` : `No reviews in ${words}.`;
    return { value: format.NONE, verdict: "Not known", notes: [why], state: "none" };
  }
  const value = format.percent(accuracy);
  const of = `${format.interval(interval)} (${format.LEVEL}); ${format.count(rated)} of ${all} in ${words} had stars.`;
  if (!card) return { value, verdict: "", notes: [of, `The card of ${model} cannot be read here.`], state: "none" };
  if (card.lower === null) return { value, verdict: "too few to judge", notes: [of], state: "none" };
  const expected = format.percent(card.expected_accuracy);
  const lead = `Its test leads one to expect ${expected} with as many bad ones`;
  if (!card.lower) return { value, verdict: "as good as its test promised", notes: [of, `${lead}.`], state: "ok" };
  const chance = `${lead}: ${format.pValue(card.p_value)}.`;
  return { value, verdict: "less than its test promised", notes: [of, chance], state: "bad" };
}

const LEVELS = {
  stable: { value: "Stable", verdict: "reviews look as before", state: "ok" },
  moderate: { value: "Moderate", verdict: "reviews look otherwise", state: "warn" },
  major: { value: "Major", verdict: "reviews look quite otherwise", state: "bad" },
  too_few: { value: format.NONE, verdict: "too few reviews to tell", state: "none" },
};

function driftWords({ level, window, reference, scores, words, model, model_changed: isMixed }, isPast) {
  const { current, reference: before } = scores;
  const notes = [
    `${format.plural(current.reviews, "review")} in ${wordsOf(window, isPast)}`,
    `against ${format.count(before.reviews)} in the ${PERIODS[reference]} before.`,
  ];
  if (model === null) return { value: format.NONE, verdict: "Not known", notes, state: "none" };
  const isDrifted = level === "moderate" || level === "major";
  if (isDrifted && scores.level === level) {
    const means = [before, current].map((side) => format.percent(side.mean_p_good)).join(" \u2192 ");
    notes.push(`Scores: mean P(good) ${means}, PSI ${format.decimal(scores.psi, 2)}.`);
  }
  if (isDrifted && words.level === level) {
    const rates = [words.reference_unknown_rate, words.unknown_rate].map(format.percent).join(" \u2192 ");
    notes.push(`Words unknown to the model: ${rates} (${format.pointsInterval(words.change_interval)}).`);
  }
  if (scores.changed_ms !== null) notes.push(`Scores last changed in the hour of ${format.moment(scores.changed_ms)}.`);
  if (isMixed) notes.push(`Only what ${model.split("@")[0]} scored is judged: another model scored the rest.`);
  return { ...LEVELS[level], notes };
}

const ICONS = { ok: "good", warn: "level", bad: "bad", none: "level" };

function part(title) {
  const mark = icon("level");
  const value = h("span.trust-value", null, format.NONE);
  const verdict = h("span.trust-verdict", null);
  const notes = h("p.tile-note", null);
  const node = h(
    "div.trust-part",
    { role: "group", "aria-label": title },
    h("h3.tile-title", null, title),
    // Told when it changes: the figures below it change all the time.
    h("p.trust-figure", null, mark, value, h("span", { role: "status" }, verdict)),
    notes,
  );
  return {
    node,
    update(shown) {
      node.dataset.state = shown.state;
      setIcon(mark, ICONS[shown.state]);
      mark.classList.toggle("absent", shown.state === "none");
      setText(value, shown.value);
      setText(verdict, shown.verdict);
      setText(notes, shown.notes.join(" "));
    },
  };
}
