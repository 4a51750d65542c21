"""One review in some mood: sentences drawn from a catalogue, a headline and stars now and then."""

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from stream.simulate.catalogue import Catalogue, Sentences, Subject

Mood = Literal["good", "bad", "mixed"]

_BODY: Final[dict[Mood, tuple[int, ...]]] = {"good": (1, 1, 2, 2, 2, 3), "bad": (2, 2, 3, 3, 3, 4), "mixed": (1,)}
"""How many sentences about the thing itself; people write more when they are angry."""

_OPENER: Final = 0.3
_VERDICT: Final[dict[Mood, float]] = {"good": 0.45, "bad": 0.7, "mixed": 0.9}
_SECOND_REMARK: Final = 0.4
"""Chance that two sentences, not one, are of the product's kind."""

_TITLED: Final = 0.55
_RATED: Final = 0.75

_STARS: Final[dict[Mood, tuple[int, ...]]] = {
    "good": (5,) * 31 + (4,) * 17 + (3, 1),
    "bad": (1,) * 27 + (2,) * 15 + (3,) * 7 + (5,),
    "mixed": (3,) * 11 + (2,) * 5 + (4,) * 4,
}
"""Drawn from evenly. Two in a hundred do not fit the words: some customers take 1 for the best mark."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a customer hands in."""

    text: str
    title: str | None
    rating: int | None


def write(rng: Random, subject: Subject, mood: Mood) -> Written:
    """Write one review of a product; all chance comes from ``rng``."""
    catalogue, sentences = subject.catalogue, []
    if rng.random() < _OPENER:
        sentences.append(_one(rng, catalogue.openers))
    if mood == "mixed":
        sentences += _both_sides(rng, subject)
    else:
        sentences += _body(rng, subject, mood)
    if rng.random() < _VERDICT[mood]:
        sentences.append(_one(rng, _verdicts(catalogue, mood)))
    title = _one(rng, getattr(catalogue.titles, mood)) if rng.random() < _TITLED else None
    stars = _STARS[mood]
    rating = stars[int(rng.random() * len(stars))] if rng.random() < _RATED else None
    return Written(" ".join(sentences).replace("{noun}", subject.product.noun), title, rating)


def _body(rng: Random, subject: Subject, mood: Literal["good", "bad"]) -> list[str]:
    """Sentences of one mood, at least one of them about this kind of product."""
    remarks = subject.praise if mood == "good" else subject.blame
    general = subject.catalogue.good if mood == "good" else subject.catalogue.bad
    counts = _BODY[mood]
    count = counts[int(rng.random() * len(counts))]
    of_kind = 2 if count > 2 and rng.random() < _SECOND_REMARK else 1
    chosen = _several(rng, remarks, of_kind) + _several(rng, general, count - of_kind)
    rng.shuffle(chosen)
    return chosen


def _both_sides(rng: Random, subject: Subject) -> list[str]:
    blame = _one(rng, subject.blame)
    return [_one(rng, subject.praise), f"But {blame if blame.startswith('I ') else blame[0].lower() + blame[1:]}"]


def _verdicts(catalogue: Catalogue, mood: Mood) -> Sentences:
    if mood == "mixed":
        return catalogue.mixed_verdicts
    return catalogue.good_verdicts if mood == "good" else catalogue.bad_verdicts


def _one(rng: Random, sentences: Sentences) -> str:
    return sentences[int(rng.random() * len(sentences))]


def _several(rng: Random, sentences: Sentences, count: int) -> list[str]:
    """Different ones. Drawing again is quicker than ``sample`` for a few out of many."""
    chosen: list[str] = []
    while len(chosen) < count:
        sentence = _one(rng, sentences)
        if sentence not in chosen:
            chosen.append(sentence)
    return chosen
