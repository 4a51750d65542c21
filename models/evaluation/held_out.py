"""Which rows of a file may measure a classifier: those that it has not learned from."""

from collections.abc import Sequence
from typing import Final, NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import Labelled
from models.manifest import Manifest, SplitKind
from models.split import Parts, divide, divided_as, leaks

AUTO: Final = "auto"
ALL: Final = "all"
SPLITS: Final = (AUTO, ALL, *get_args(SplitKind))


class UnfitRows(ValueError):
    """Rows on which a classifier cannot be measured as asked; the message says what to do."""


class HeldOut(NamedTuple):
    """Rows to measure on, and what the others are for."""

    parts: Parts
    """Without a division, all rows are the test part."""
    what: str
    """In words: ``the test part (by-text, seed 42)``."""
    leaks: int
    """Rows to measure on whose text stands in the other parts, those of any of the classifiers."""

    def known(self) -> NDArray[np.intp]:
        """Rows of the training and the validation part: a classifier has fitted, or been chosen, on them."""
        return np.sort(np.concatenate([self.parts.train, self.parts.validation]))


def hold_out(rows: Labelled, manifests: Sequence[Manifest], split: str) -> HeldOut:
    """Choose the rows on which the classifiers of ``manifests`` are measured.

    ``auto`` takes the test part of their training where ``rows`` are what a classifier was trained on (by SHA-256),
    else all rows. Where several were trained on them, divided differently, it takes what is test part to all.
    ``all`` takes every row. The name of a kind of split divides rows of another origin with the first classifier's
    seed, whose rest then fits the baselines.

    Raises:
        UnfitRows: the split cannot be made, does not come out as a manifest describes it, is not that of a classifier
            that was trained on these rows, or leaves no row.
    """
    trained = [manifest for manifest in manifests if manifest.data.sha256 == rows.sha256]
    everything = Parts(np.empty(0, np.intp), np.empty(0, np.intp), np.arange(len(rows.reviews)))
    if split == ALL:
        seen = f", though {_names(trained)} learned from most of them" if trained else ""
        return HeldOut(everything, f"all rows{seen}", 0)
    if split == AUTO and not trained:
        were = "it was" if len(manifests) == 1 else "they were"
        return HeldOut(
            everything, f"all rows; {were} trained on other files, which may hold some of the same reviews", 0
        )
    if split == AUTO:
        return _of_training(rows, trained)
    for manifest in trained:
        if manifest.split.kind != split:
            raise UnfitRows(
                f"{manifest.name} was trained on these rows, split {manifest.split.kind}: the test part of split "
                f"{split} holds rows that it has learned; leave --split out"
            )
    if trained:
        return _of_training(rows, trained)
    first = manifests[0].split
    try:
        parts = divide(
            rows,
            cast(SplitKind, split),
            validation=first.validation_share,
            seed=first.seed,
            task=manifests[0].task,
        )
    except ValueError as error:
        raise UnfitRows(f"split {split}: {error}") from None
    return HeldOut(parts, f"a test part of these rows (split {split}, seed {first.seed})", leaks(rows, parts))


def _of_training(rows: Labelled, trained: Sequence[Manifest]) -> HeldOut:
    of_each = []
    for manifest in trained:
        try:
            of_each.append(divided_as(manifest, rows))
        except ValueError as error:
            raise UnfitRows(str(error)) from None
    first = of_each[0]
    test = first.test
    for other in of_each[1:]:
        test = test[np.isin(test, other.test)]
    if not len(test):
        raise UnfitRows(
            f"no row is in the test part of each of {_names(trained)}: they cannot be compared on these data"
        )
    parts = first._replace(test=test)
    of = f"the test part of {_names(trained[:1])}'s training"
    if len(test) < len(first.test):
        of = f"what is test part to each of {_names(trained)}"
    learned = np.unique(np.concatenate([side for each in of_each for side in (each.train, each.validation)]))
    found = leaks(rows, Parts(learned, np.empty(0, np.intp), test))
    return HeldOut(parts, f"{of} (split {trained[0].split.kind}, seed {trained[0].split.seed})", found)


def _names(manifests: Sequence[Manifest]) -> str:
    return " and ".join(dict.fromkeys(manifest.name for manifest in manifests))
