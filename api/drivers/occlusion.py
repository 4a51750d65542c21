"""Which words of a review moved its score: each is left out in turn (*occlusion*). Pure.

The effect of a word is the log-odds of P(good) with it less those without it: positive where it speaks for good. It is
exact for the classifier as it runs, whatever its network, and needs none of its gradients. Two words that say the same
hide each other: without one, the other still speaks. Effects do not add up to the score.

Sources: M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV (2014), section 4.2, for
parts of pictures; J. Li, W. Monroe, D. Jurafsky, "Understanding neural networks through representation erasure" (2016),
equation 2, for words, with the difference of log-likelihoods.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final, Literal

from models.review import Review

LEAST_P: Final = 1e-7
"""Nearer to 0 or 1 than 32-bit floats can tell from it; log-odds stay finite."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

Place = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Word:
    """Where a word stands: characters ``start`` to ``end`` of the title or the text."""

    place: Place
    start: int
    end: int


def words_of(review: Review, *, titles: bool) -> list[Word]:
    """All words of a review in reading order; those of the title only where the classifier reads ``titles``."""
    parts: list[tuple[Place, str]] = [("text", review.text)]
    if titles and review.title:
        parts.insert(0, ("title", review.title))
    return [Word(place, *found.span()) for place, part in parts for found in _WORD.finditer(part)]


def without(review: Review, word: Word) -> Review:
    """The review with a word left out; the blanks around it stay, and part its neighbours."""
    if word.place == "title":
        title = review.title or ""
        return Review(review.text, title[: word.start] + title[word.end :])
    return Review(review.text[: word.start] + review.text[word.end :], review.title)


def occluded(review: Review, words: Sequence[Word]) -> list[Review]:
    """What the classifier is to be asked: the review, then once more without each word."""
    return [review, *(without(review, word) for word in words)]


def effects(p_good: Sequence[float]) -> list[float]:
    """The effect of each word, from P(good) of what :func:`occluded` gave."""
    whole, *others = map(_log_odds, p_good)
    return [whole - other for other in others]


def _log_odds(p: float) -> float:
    p = min(max(p, LEAST_P), 1 - LEAST_P)
    return log(p / (1 - p))
