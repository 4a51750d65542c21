"""The answers that were surest and wrong."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

MISTAKES: Final = 20

TEXT_CHARS: Final = 300
"""Enough to see why; a report is read, not searched."""


class Mistake(Struct, frozen=True, kw_only=True):
    """One row answered wrongly."""

    row: int
    """Number of the row among those measured, from 0."""
    truth: str
    answer: str
    probability: float
    """Of the answer."""
    of_truth: float
    """The probability that the truth was given."""
    text: str | None
    """First :data:`TEXT_CHARS` characters; ``None`` where texts are left out."""


def worst(
    truth: NDArray[np.intp],
    probabilities: NDArray[np.floating],
    labels: Sequence[str],
    texts: Sequence[str] | None,
    *,
    most: int = MISTAKES,
) -> tuple[Mistake, ...]:
    """The wrong answers that gave the truth the least probability, the worst first.

    Args:
        truth: shape (n,).
        probabilities: shape (n, k).
        labels: names of the k classes.
        texts: n of them, or ``None`` to leave them out.
        most: no more than these.
    """
    answers = np.argmax(probabilities, axis=1)
    of_truth = probabilities[np.arange(len(truth)), truth]
    wrong = np.flatnonzero(answers != truth)
    rows = wrong[np.argsort(of_truth[wrong], kind="stable")][:most]
    return tuple(
        Mistake(
            row=int(row),
            truth=labels[truth[row]],
            answer=labels[answers[row]],
            probability=float(probabilities[row, answers[row]]),
            of_truth=float(of_truth[row]),
            text=shortened(texts[row]) if texts is not None else None,
        )
        for row in rows
    )


def shortened(text: str, most: int = TEXT_CHARS) -> str:
    """White space as single blanks, cut to ``most`` characters, the last of which then says so."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"
