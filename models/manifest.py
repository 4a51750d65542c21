"""An artefact's manifest: what the weights are, what they were trained on, and the test that measured them."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from models.data.labelled import Task

SplitKind = Literal["random", "stratified", "by-text", "by-product", "by-time", "official"]

FORMAT: Final = 2
"""Version of the folder's layout that is written. A reader refuses one it does not know, rather than guessing what a
field means. Format 1 had two classes, no hyperparameters, padding at the end alone and no cleaning."""

Side = Literal["front", "end"]


LONGEST: Final = 100_000
"""Ids a review at most, as on the command line. A forged length would have a worker ask for more memory than it has."""


class Preprocessing(Struct, frozen=True, kw_only=True):
    """How a review becomes ids."""

    tokenizer: Literal["keras"] = "keras"
    """Lower case, Keras' punctuation filter, split on blanks (:mod:`models.preprocessing.tokenizer`)."""
    inputs: tuple[Literal["title", "text"], ...] = ("text",)
    """What is read of a review, one after the other."""
    marked: bool = False
    """Whether a mark, the word with id 1, stands before the text, so that a network can tell the title from it
    (:data:`models.preprocessing.tokenizer.MARK`)."""
    num_words: Annotated[int, Meta(ge=2)]
    """Ids are below this (Keras' rule), which is also the number of embedding rows."""
    length: Annotated[int, Meta(ge=1, le=LONGEST)]
    """Ids a review."""
    cut: Side = "end"
    """The side that a longer review loses."""
    pad: Side = "end"
    """The side on which a shorter review gets zeros."""
    punctuation: Literal["parts words", "removed"] = "parts words"
    """``removed``: apostrophes vanish and Unicode punctuation, too, parts words (:mod:`models.preprocessing.cleaning`).
    Otherwise what Keras' filter has, ASCII without the apostrophe, parts words."""
    stop_words: Literal["kept", "removed"] = "kept"
    """``removed``: they got no id when the vocabulary was made, and so are not read."""
    lemmas: Literal["no", "simplemma"] = "no"
    """``simplemma``: a word is read as its lemma (:mod:`models.preprocessing.lemmas`)."""


class TrainingData(Struct, frozen=True, kw_only=True):
    """The rows that the classifier was trained and measured on."""

    name: str
    licence: str
    file: str
    """Base name only."""
    sha256: str
    data_set: str | None = None
    """Name in the catalogue of data sets; ``None`` for any other file."""
    text_column: str
    rating_column: str
    title_column: str | None = None
    product_column: str | None = None
    time_column: str | None = None
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
    """Of the training part's distinct texts (products, rows: :func:`models.split.divide`); the other numbers count
    rows."""
    train: int
    validation: int
    test: int
    leaks: int | None = None
    """Test rows whose text stands in the other parts as well; ``None`` where that was not counted."""


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
    learning_rate: float | None = None
    """``None`` is the optimizer's own."""
    class_weights: Literal["none", "balanced"] = "none"
    reshuffle: bool = False
    """Whether each epoch went through the rows in an order of its own."""
    patience: int = 0
    """Epochs without a lower held-out loss after which training stopped; 0: it did all."""
    epochs: int | None = None
    """Asked for; ``None``: as many as ``history`` has."""
    share: float = 1.0
    """Of the training part's rows that was trained on."""
    untitled: float = 0.0
    """Of those of them with a title, the share that was learned once more without it."""
    precision: Literal["float32", "mixed_float16"] = "float32"
    xla: bool = False
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


class ClassFigures(Struct, frozen=True, kw_only=True):
    """Figures of a classifier of more than two classes (:func:`models.evaluation.figures.measure`)."""

    rows: int
    values: dict[str, float | None]
    """By the names of :mod:`models.evaluation.catalogue`."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows: the truth; columns: the answer; both in the order of the labels."""


class ByClass(Struct, frozen=True, kw_only=True):
    """Figures on the test part for every class; the fields are those of :class:`Results`."""

    shipped: ClassFigures
    uncalibrated: ClassFigures
    last_epoch: ClassFigures


class Results(Struct, frozen=True, kw_only=True):
    """Figures on the test part. Those of :class:`Metrics` are on the question good or bad, also where the classifier
    tells stars: they say what it is worth in the live ratio."""

    shipped: Metrics
    """The classifier as it answers: chosen epoch, calibrated where there is a calibration."""
    uncalibrated: Metrics
    """The chosen epoch as trained."""
    last_epoch: Metrics
    """The last epoch as trained: the recipe of the source."""
    by_class: ByClass | None = None
    """Where there are more than two classes."""


class Platt(Struct, frozen=True, kw_only=True):
    """Platt scaling of the log-odds of bad, ``sigmoid(a * log_odds + b)``, or its form for more than two classes,
    ``softmax(a * sums + shifts)`` (:mod:`models.scaling`)."""

    a: Annotated[float, Meta(gt=0)]
    """Above 0: otherwise what the network is surest of would be the least probable."""
    b: float
    """0 with more than two classes."""
    rows: int
    """Rows that it was fitted on."""
    shifts: tuple[float, ...] = ()
    """One a class; empty with two."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What ``manifest.json`` holds."""

    format: int
    name: str
    version: str
    """First twelve hex digits of the weights' SHA-256: names exactly these weights."""
    task: Task
    architecture: str
    hyperparameters: dict[str, Any]
    """Those of the architecture, all of them: with ``preprocessing`` and ``labels`` they say every layer's shape."""
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
    """Read ``manifest.json``, of this format or an earlier one.

    Raises:
        msgspec.DecodeError: not JSON, or not a manifest of a format from 1 to :data:`FORMAT`.
    """
    found = msgspec.json.decode(content, type=_Format).format
    if found not in (1, FORMAT):
        raise msgspec.ValidationError(f"format {found}; this version of aura reads formats 1 to {FORMAT}")
    if found == FORMAT:
        return msgspec.json.decode(content, type=Manifest)
    return msgspec.convert(_from_1(msgspec.json.decode(content)), type=Manifest)


def _from_1(fields: dict[str, Any]) -> dict[str, Any]:
    """What a manifest of format 1 says, in this one: its only architecture had no other hyperparameters than these."""
    hyperparameters = {"embedding": 50, "filters": 64, "dropout": 0.2, "units": 64}
    return fields | {"format": FORMAT, "task": "bad", "hyperparameters": hyperparameters}


class _Format(Struct):
    format: int
