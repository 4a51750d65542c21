"""What a report says, as one structure that goes to JSON."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.evaluation.figures import Figures, checked, measure
from models.evaluation.intervals import LEVEL
from models.evaluation.mistakes import Mistake
from models.evaluation.reliability import Bin, bins, confidences
from models.evaluation.shares import Shares
from models.evaluation.table import Line
from models.manifest import Training

PartName = Literal["training", "validation", "test"]


class Model(Struct, frozen=True, kw_only=True):
    """The classifier that the report is on."""

    name: str
    version: str
    architecture: str
    inputs: tuple[str, ...]
    labels: tuple[str, ...]
    megabytes: float
    """Of the artefact's folder, in 10^6 bytes."""
    reviews_per_second: float
    """Over all rows of the report, once; depends on the machine and on what else it did."""
    device: str
    trained_on: str
    training_licence: str


class Data(Struct, frozen=True, kw_only=True):
    """The rows that measured it."""

    name: str
    file: str
    sha256: str
    rows: int
    skipped: int
    target: str
    measured_on: str
    leaks: int
    """Rows measured whose text stands in the training or validation part."""


class Part(Figures, frozen=True, kw_only=True):
    """The classifier on one part of the rows, without intervals."""

    name: PartName


class Diagram(Struct, frozen=True, kw_only=True):
    """A reliability diagram."""

    name: Literal["calibrated", "as trained"]
    of: str
    """The probability that is looked at: ``P(bad)``, or ``confidence``, that of the answer given."""
    bins: tuple[Bin, ...]


class Report(Struct, frozen=True, kw_only=True):
    """Everything; numbers of rows are those measured, unless said otherwise."""

    made_at: str
    """UTC, ISO 8601."""
    model: Model
    data: Data
    seed: int
    resamples: int
    level: float = LEVEL
    """Of all intervals."""
    lines: tuple[Line, ...]
    """The classifier first, then as it was before calibration, then the baselines."""
    baselines: str
    """How they were fitted, in words."""
    bad_share_by_product: Shares | None
    """With an error for each of ``lines``, in order; ``None`` where the data do not say which product a row is on."""
    parts: tuple[Part, ...]
    """Those that have rows; the test part last."""
    diagrams: tuple[Diagram, ...]
    training: Training
    mistakes: tuple[Mistake, ...]


class Answers(NamedTuple):
    """A classifier's answers on one part of the rows."""

    name: PartName
    truth: NDArray[np.intp]
    probabilities: NDArray[np.floating]


def parts(answers: Sequence[Answers], labels: Sequence[str]) -> tuple[Part, ...]:
    """Figures of each part that has rows."""
    found = []
    for name, truth, probabilities in answers:
        if len(truth):
            figures = measure(truth, probabilities, labels)
            found.append(Part(name=name, values=figures.values, rows=figures.rows, confusion=figures.confusion))
    return tuple(found)


def diagram(
    name: Literal["calibrated", "as trained"],
    truth: NDArray[np.intp],
    probabilities: NDArray[np.floating],
    labels: Sequence[str],
) -> Diagram:
    """Of the second class's probability where there are two classes, else of the answer's.

    ``truth`` has shape (n,), ``probabilities`` (n, k).
    """
    shares = checked(truth, probabilities, labels)
    if len(labels) == 2:
        return Diagram(name=name, of=f"P({labels[1]})", bins=bins(shares[:, 1], truth == 1))
    return Diagram(name=name, of="confidence", bins=bins(*confidences(truth, shares)))


def to_json(report: Report) -> bytes:
    """Indented JSON with a final line feed."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
