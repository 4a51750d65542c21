"""Loaded classifiers on labelled reviews: what ``aura evaluate --out`` and ``aura models compare`` share."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from infra.errors import CommandError

if TYPE_CHECKING:
    from models.classifier import Classifier
    from models.data.labelled import Labelled
    from models.evaluation.held_out import HeldOut
    from models.evaluation.table import Candidate
    from models.manifest import Manifest
    from models.review import Review

STEP: Final = 4096
"""Reviews a call: enough to keep the classifier busy, few enough for the bar to move; a tenth of a second on two
cores."""


class Answered(NamedTuple):
    """A classifier's answers, and how long they took."""

    probabilities: NDArray[np.float32]
    """Shape (n, classes)."""
    seconds: float

    @property
    def reviews_per_second(self) -> float:
        """Depends on the machine, and on what else it did."""
        return len(self.probabilities) / self.seconds


def answer(classifier: "Classifier", reviews: "Sequence[Review]") -> Answered:
    """Classify with a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import Progress

    answers = np.empty((len(reviews), len(classifier.manifest.labels)), np.float32)
    console = Console(stderr=True)
    started = time.monotonic()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for start in progress.track(range(0, len(reviews), STEP), description="classifying"):
            answers[start : start + STEP] = classifier.predict(reviews[start : start + STEP])
    return Answered(answers, time.monotonic() - started)


def load_classifier(name: str | Path, *, threads: int | None, calibrated: bool = True) -> "Classifier":
    """Load an artefact, on request without its calibration.

    Raises:
        CommandError: it cannot be used.
    """
    import msgspec

    from models.artefact import find
    from models.classifier import ArtefactError, load

    try:
        if calibrated:
            return load(name, threads=threads)
        from models.inference import start

        artefact = find(name)
        as_trained = msgspec.structs.replace(artefact.manifest, calibration=None)
        return start(artefact._replace(manifest=as_trained), threads=threads)
    except ArtefactError as error:
        raise CommandError(str(error)) from error


def megabytes(folder: Path) -> float:
    """Size of a folder's files in 10^6 bytes."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6


def held_out(rows: "Labelled", manifests: "Sequence[Manifest]", split: str) -> "HeldOut":
    """:func:`models.evaluation.held_out.hold_out`, its errors as a command's."""
    from models.evaluation.held_out import UnfitRows, hold_out

    try:
        return hold_out(rows, manifests, split)
    except UnfitRows as error:
        raise CommandError(str(error)) from error


def class_numbers(rows: "Labelled", manifest: "Manifest") -> NDArray[np.intp]:
    """[n] the truth, as a classifier's class numbers.

    Raises:
        CommandError: the ratings do not say it.
    """
    from models.data.labelled import TaskError, targets

    try:
        return targets(rows, manifest.task)
    except TaskError as error:
        raise CommandError(str(error)) from error


def how_fitted(held: "HeldOut") -> str:
    """Where :func:`baselines_beside` come from, in words."""
    from models.evaluation.baselines import FOLDS

    known = len(held.known())
    if known:
        return f"fitted on the {known:,} reviews of the other parts"
    return f"fitted on these data in {FOLDS} folds, each answered by a fit on the others"


def baselines_beside(
    rows: "Labelled", truth: NDArray[np.intp], held: "HeldOut", manifests: "Sequence[Manifest]"
) -> "Iterator[Candidate]":
    """The baselines on the rows that are measured: fitted on all others, or where there are none, cross-fitted.

    They read the text alone; where there are titles and a classifier reads them, a second set does so, too.
    """
    from rich.console import Console

    from models.evaluation.baselines import FOLDS, MAJORITY, baselines, cross_fitted
    from models.evaluation.table import Candidate
    from models.split import text_numbers

    known, test = held.known(), held.parts.test
    classes = len(manifests[0].labels)
    titled = any(review.title for review in rows.reviews)
    titles = titled and any("title" in manifest.preprocessing.inputs for manifest in manifests)
    console = Console(stderr=True)
    for with_title in (False, True) if titles else (False,):
        texts = [f"{r.title or ''} {r.text}" if with_title else r.text for r in rows.reviews]
        asked = [texts[row] for row in test]
        if len(known):
            fitted = baselines([texts[row] for row in known], truth[known], asked, classes)
        else:
            fitted = cross_fitted(asked, truth[test], text_numbers(rows)[test], classes)
        with console.status("fitting baselines"):
            for name, probabilities in fitted:
                if name == MAJORITY:
                    if not with_title:
                        yield Candidate(name, "baseline", probabilities)
                    continue
                of = ", with title" if with_title else ""
                folds = "" if len(known) else f", {FOLDS}-fold"
                yield Candidate(f"{name}{of}{folds}", "baseline", probabilities)
