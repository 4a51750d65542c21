"""Several classifiers measured on the same rows: one line each, and what separates each from the first."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.evaluation.figures import measure
from models.evaluation.intervals import Figure, differences, with_intervals
from models.evaluation.mcnemar import McNemar, mcnemar
from models.evaluation.resampling import RESAMPLES, draw

Kind = Literal["model", "uncalibrated", "baseline"]


class Candidate(NamedTuple):
    """Answers to be measured."""

    name: str
    kind: Kind
    probabilities: NDArray[np.floating]
    """Shape (n, k)."""


class Versus(Struct, frozen=True, kw_only=True):
    """A line beside the first one. No p-value is corrected for the number of lines."""

    differences: dict[str, Figure]
    """This line's figures less the first one's, with intervals of paired resamples."""
    mcnemar: McNemar
    """The first classifier of the test is the first line's."""


class Line(Struct, frozen=True, kw_only=True):
    """The figures of one classifier."""

    name: str
    kind: Kind
    rows: int
    figures: dict[str, Figure]
    confusion: tuple[tuple[int, ...], ...]
    """Rows: the truth; columns: the answer."""
    versus: Versus | None = None
    """``None`` for the first line."""


def table(
    truth: NDArray[np.intp],
    candidates: Iterable[Candidate],
    labels: Sequence[str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> tuple[Line, ...]:
    """A line for each candidate, in order.

    Raises:
        ValueError: as :func:`models.evaluation.figures.measure`.
    """
    lines: list[Line] = []
    first = None
    for name, kind, probabilities in candidates:
        figures = measure(truth, probabilities, labels)
        measured = figures, draw(truth, probabilities, labels, seed=seed, resamples=resamples)
        right = np.argmax(probabilities, axis=1) == truth
        versus = None
        if first is None:
            first = measured, right
        else:
            versus = Versus(differences=differences(measured, first[0], labels), mcnemar=mcnemar(first[1], right))
        lines.append(
            Line(
                name=name,
                kind=kind,
                rows=figures.rows,
                figures=with_intervals(*measured, labels),
                confusion=figures.confusion,
                versus=versus,
            )
        )
    return tuple(lines)
