// Why a review got its score: its words, marked by what each of them does to it.

import { h, setText } from "../core/dom.js";

/** Effects below this share of the strongest one are not marked: every word moves a score a little. */
const FAINT = 0.15;
const STRENGTHS = 3;
/** Words named for those who do not see the marks. */
const NAMED = 4;

/** A button that asks, and the place for the answer. @returns {Node[]} */
export function explanation(review, explain) {
  const place = h("div.explanation", { hidden: "", role: "status" });
  const button = h("button.why", { type: "button", "aria-expanded": "false" }, "Why this score?");
  button.addEventListener("click", async () => {
    if (!place.hidden) {
      place.hidden = true;
      button.setAttribute("aria-expanded", "false");
      return;
    }
    button.setAttribute("aria-expanded", "true");
    place.hidden = false;
    setText(place, "Asking the model …");
    try {
      place.replaceChildren(...answerNodes(review, await explain({ text: review.text, title: review.title })));
    } catch (error) {
      setText(place, error.status === 404 ? "Not available: this API explains no scores." : error.message);
    }
  });
  return [button, place];
}

function answerNodes(review, answer) {
  const strongest = Math.max(0, ...answer.words.map(({ effect }) => Math.abs(effect)));
  const shown = strongest ? answer.words.filter(({ effect }) => Math.abs(effect) >= FAINT * strongest) : [];
  const part = (place) => shown.filter((word) => word.place === place);
  const unread = answer.words_in_all - answer.words.length;
  return [
    answer.reads_title && review.title && h("p.review-title", null, marked(review.title, part("title"), strongest)),
    h("p", { lang: review.language ?? null, dir: "auto" }, marked(review.text, part("text"), strongest)),
    h("p.muted", null, `${namesOf(shown)} Each word was left out in turn (${answer.model.name}).`),
    (review.truncated || unread > 0) && h("p.muted", null, "Only the beginning of the review is explained."),
  ].filter(Boolean);
}

function namesOf(words) {
  const named = (sign) =>
    [
      ...new Set(
        words
          .filter(({ effect }) => effect * sign > 0)
          .sort((a, b) => sign * (b.effect - a.effect))
          .map(({ word }) => word),
      ),
    ]
      .slice(0, NAMED)
      .join(", ");
  const [good, bad] = [named(1), named(-1)];
  return [good && `Towards good: ${good}.`, bad && `Towards bad: ${bad}.`, !good && !bad && "No word stands out."]
    .filter(Boolean)
    .join(" ");
}

/** Text with its words in marks; places count code points, as the API's do. */
function marked(text, words, strongest) {
  const points = Array.from(text);
  const pieces = [];
  let at = 0;
  for (const { start, end, effect } of words) {
    if (start < at) continue;
    pieces.push(points.slice(at, start).join(""));
    const strength = Math.max(1, Math.ceil((Math.abs(effect) / strongest) * STRENGTHS));
    const title = `${effect > 0 ? "towards good" : "towards bad"}, ${Math.abs(effect).toFixed(2)} log-odds`;
    pieces.push(
      h(
        "mark.word",
        { "data-side": effect > 0 ? "good" : "bad", "data-strength": strength, title },
        points.slice(start, end).join(""),
      ),
    );
    at = end;
  }
  pieces.push(points.slice(at).join(""));
  return pieces;
}
