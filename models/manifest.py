"""An artefact's manifest: what the weights are, what they were trained on, and the test that measured them."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

SplitKind = Literal["random", "by-text"]

FORMAT: Final = 1
"""Version of the folder's layout. A reader refuses any other, rather than guessing what a field means."""


class Preprocessing(Struct, frozen=True, kw_only=True):
    """How a review becomes ids."""

    tokenizer: Literal["keras"] = "keras"
    """Lower case, Keras' punctuation filter, split on blanks (:mod:`models.tokenizer`)."""
    inputs: tuple[Literal["title", "text"], ...] = ("text",)
    num_words: int
    """Ids are below this (Keras' rule), which is also the number of embedding rows."""
    length: int
    """Ids a review: longer ones are cut at the end, shorter ones padded with 0 at the end."""


class TrainingData(Struct, frozen=True, kw_only=True):
    """The rows that the classifier was trained and measured on."""

    name: str
    licence: str
    file: str
    """Base name only."""
    sha256: str
    text_column: str
    rating_column: str
    target: str
    rows: int
    skipped: int
    """Rows of the file that were left out for want of a text or a rating."""
    bad_share: float


class Split(Struct, frozen=True, kw_only=True):
    """How the rows were divided."""

    kind: SplitKind
    seed: int
    validation_share: float
    """Of the training part's distinct texts; the other numbers count rows."""
    train: int
    validation: int
    test: int


class Epoch(Struct, frozen=True, kw_only=True):
    """One pass over the training part. Losses are categorical cross-entropy in nats."""

    loss: float
    accuracy: float
    held_out_loss: float
    held_out_accuracy: float


class Training(Struct, frozen=True, kw_only=True):
    """How the weights came about."""

    batch_size: int
    optimizer: str
    history: tuple[Epoch, ...]
    held_out: Literal["validation", "test"]
    """What ``history`` was measured on beside the training part; only ``validation`` may choose an epoch."""
    chosen_epoch: int
    """Counted from 1; the last one where there was no validation part."""
    seconds: float
    device: str
    tensorflow: str
    keras: str


class Metrics(Struct, frozen=True, kw_only=True):
    """Figures of one classifier on one labelled set (:mod:`models.metrics`). ``None``: not defined for that set."""

    rows: int
    bad_share: float
    accuracy: float
    macro_f1: float
    recall_bad: float | None
    precision_bad: float | None
    roc_auc: float | None
    pr_auc: float | None
    log_loss: float
    ece: float
    confusion: tuple[tuple[int, int], tuple[int, int]]
    """Rows: truth good, bad. Columns: answer good, bad."""


class Results(Struct, frozen=True, kw_only=True):
    """Figures on the test part."""

    shipped: Metrics
    """The classifier as it answers: chosen epoch, calibrated where there is a calibration."""
    uncalibrated: Metrics
    """The chosen epoch as trained."""
    last_epoch: Metrics
    """The last epoch as trained: the recipe of the source."""


class Platt(Struct, frozen=True, kw_only=True):
    """Platt scaling of the log-odds of bad: ``sigmoid(a * log_odds + b)``."""

    a: float
    b: float
    rows: int
    """Rows that it was fitted on."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What ``manifest.json`` holds."""

    format: int
    name: str
    version: str
    """First twelve hex digits of the weights' SHA-256: names exactly these weights."""
    architecture: str
    labels: tuple[str, ...]
    """Names of the columns of :meth:`models.classifier.Classifier.predict`, in order."""
    preprocessing: Preprocessing
    calibration: Platt | None
    data: TrainingData
    split: Split
    training: Training
    results: Results
    files: dict[str, str]
    """SHA-256 of each file of the folder that a classifier reads, checked before it is read."""


def encode(manifest: Manifest) -> bytes:
    """The manifest as indented JSON with a final line feed."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(content: bytes) -> Manifest:
    """Read ``manifest.json``.

    Raises:
        msgspec.DecodeError: not JSON, or not a manifest of :data:`FORMAT`.
    """
    found = msgspec.json.decode(content, type=_Format).format
    if found != FORMAT:
        raise msgspec.ValidationError(f"format {found}; this version of aura reads format {FORMAT}")
    return msgspec.json.decode(content, type=Manifest)


class _Format(Struct):
    format: int
