"""Dividing rows into training, validation and test parts."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from models.data.labelled import NO_TIME, Labelled, Task, targets
from models.manifest import Manifest, SplitKind

TEST_SHARE: Final = 0.2


class Parts(NamedTuple):
    """Row numbers of each part; every row is in exactly one."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]


class SplitError(ValueError):
    """Rows that lack what a kind of split divides them by."""


def divide(rows: Labelled, kind: SplitKind, *, validation: float, seed: int, task: Task = "bad") -> Parts:
    """Divide rows 80:20 into training and test, and ``validation`` of the training rows off.

    - ``random`` draws rows, as the source material does: one test row in seven of the product reviews then has its
      exact text among the training rows (:func:`leaks`).
    - ``stratified`` draws rows of each class of ``task`` apart, so that each part has the same shares of them.
    - ``by-text`` draws texts, so that rows of equal text (:func:`normalised`) are on one side.
    - ``by-product`` draws products, so that no product of the test was trained on.
    - ``by-time`` tests on the latest rows. Rows of one instant stay together, so the share is met as nearly as they
      allow; rows without a time are trained on. No chance is in it: the seed does nothing.
    - ``official`` is the publisher's, whatever its shares.

    Validation is drawn by text, except by product where the test is, and by time where the test is: then it is the
    latest part of what comes before the test. Shares are of rows, or of distinct texts or products where those are
    drawn.

    Raises:
        SplitError: the rows have no products, times or official parts.
        TaskError: the stars are to be stratified, and some ratings are none.
        ValueError: too few rows or groups of them to leave one in each part.
    """
    if kind == "by-time":
        return _by_time(rows, validation)
    every = np.arange(len(rows.reviews))
    if kind == "by-product":
        if rows.product is None:
            raise SplitError(f"{rows.name}: no column of products is named to divide by")
        groups = _numbered(rows.product)
    else:
        groups = text_numbers(rows)
    if kind == "official":
        if rows.official is None:
            raise SplitError(f"{rows.name}: its publisher did not divide it; choose another split")
        train, test = np.flatnonzero(rows.official == "train"), np.flatnonzero(rows.official == "test")
    elif kind in ("random", "stratified"):
        classes = targets(rows, task) if kind == "stratified" else None
        train, test = train_test_split(every, test_size=TEST_SHARE, random_state=seed, stratify=classes)
    else:
        train, test = _by_group(every, groups, TEST_SHARE, seed)
    if not validation:
        return Parts(np.asarray(train), np.empty(0, np.intp), np.asarray(test))
    fitted, held_out = _by_group(np.asarray(train), groups, validation, seed)
    return Parts(fitted, held_out, np.asarray(test))


def divided_as(manifest: Manifest, rows: Labelled) -> Parts:
    """The parts that an artefact was trained, chosen and tested on, drawn again from the same rows.

    Raises:
        SplitError: these are other rows than the artefact's, or the parts come out with other sizes.
    """
    data, split = manifest.data, manifest.split
    if rows.sha256 != data.sha256 or len(rows.reviews) != data.rows:
        raise SplitError(
            f"{manifest.name} was trained on a part of {data.file} with {data.rows:,} reviews and SHA-256 "
            f"{data.sha256[:12]}...; {rows.file} has {len(rows.reviews):,} and {rows.sha256[:12]}..., so which of them "
            "it has seen is not known"
        )
    parts = divide(rows, split.kind, validation=split.validation_share, seed=split.seed, task=manifest.task)
    if len(parts.test) != split.test:
        raise SplitError(f"the test part has {len(parts.test):,} reviews, {manifest.name}'s had {split.test:,}")
    return parts


def leaks(rows: Labelled, parts: Parts) -> int:
    """Test rows whose text, :func:`normalised`, stands in the training or validation part as well."""
    seen = {normalised(rows.reviews[row].text) for part in (parts.train, parts.validation) for row in part}
    return sum(normalised(rows.reviews[row].text) in seen for row in parts.test)


def text_numbers(rows: Labelled) -> NDArray[np.intp]:
    """[n] a number for each row's text, the same where texts are equal once :func:`normalised`."""
    return _numbered(normalised(review.text) for review in rows.reviews)


def normalised(text: str) -> str:
    """Equal for texts that count as the same: lower case, runs of white space as one blank."""
    return " ".join(text.lower().split())


def _by_group(
    rows: NDArray[np.intp], groups: NDArray[np.intp], share: float, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
    most, rest = next(splitter.split(rows, groups=groups[rows]))
    return rows[most], rows[rest]


def _numbered(names: Iterable[str]) -> NDArray[np.intp]:
    number: dict[str, int] = {}
    return np.array([number.setdefault(name, len(number)) for name in names], np.intp)


def _by_time(rows: Labelled, validation: float) -> Parts:
    if rows.time_ms is None:
        raise SplitError(f"{rows.name}: no column of times is named to divide by")
    undated, dated = np.flatnonzero(rows.time_ms == NO_TIME), np.flatnonzero(rows.time_ms != NO_TIME)
    before, test = _latest(dated, rows.time_ms, TEST_SHARE)
    held_out = np.empty(0, np.intp)
    if validation:
        before, held_out = _latest(before, rows.time_ms, validation)
    return Parts(np.sort(np.concatenate([before, undated])), held_out, test)


def _latest(
    rows: NDArray[np.intp], time_ms: NDArray[np.int64], share: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows before an instant, and those from it on: of all instants the one that leaves nearest to ``share``."""
    instants, counts = np.unique(time_ms[rows], return_counts=True)
    if len(instants) < 2:
        raise SplitError(f"{len(rows)} rows with a time, of {len(instants)} different instants; at least 2 are needed")
    from_here_on = np.cumsum(counts[::-1])[::-1]
    first = instants[1 + np.argmin(np.abs(from_here_on[1:] - share * len(rows)))]
    later = time_ms[rows] >= first
    return rows[~later], rows[later]
