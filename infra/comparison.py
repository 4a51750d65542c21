"""``aura models compare``: several artefacts and the baselines on the same rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from infra.errors import CommandError
from infra.evaluating import answer, baselines_beside, class_numbers, held_out, how_fitted, load_classifier, megabytes
from models.evaluation.table import Candidate, Line, table

if TYPE_CHECKING:
    from models.artefact import Artefact
    from models.data.labelled import Labelled


class Compared(Struct, frozen=True, kw_only=True):
    """One of the artefacts."""

    name: str
    """As its line is called."""
    version: str
    megabytes: float
    reviews_per_second: float
    """On these rows, once; depends on the machine and on what else it did."""
    device: str


class Comparison(Struct, frozen=True, kw_only=True):
    """What ``--json`` prints."""

    data: str
    file: str
    sha256: str
    measured_on: str
    rows: int
    """Measured."""
    leaks: int
    """Of them, those whose text stands in the other parts."""
    baselines: str
    """How they were fitted, in words."""
    labels: tuple[str, ...]
    seed: int
    resamples: int
    models: tuple[Compared, ...]
    lines: tuple[Line, ...]
    """Those of ``models``, in order, then the baselines."""


def compare(
    artefacts: "Sequence[Artefact]",
    names: Sequence[str],
    rows: "Labelled",
    *,
    split: str,
    seed: int,
    resamples: int,
    threads: int | None,
) -> Comparison:
    """Measure ``artefacts``, each shown as one of ``names``, on what none of them has learned of ``rows``.

    Raises:
        CommandError: they tell different things apart, or the rows cannot measure them.
    """
    manifests = [artefact.manifest for artefact in artefacts]
    labels = manifests[0].labels
    for manifest in manifests:
        if manifest.labels != labels:
            raise CommandError(
                f"{manifest.name} tells apart {', '.join(manifest.labels)}, {manifests[0].name} {', '.join(labels)}: "
                "compare classifiers of one kind"
            )
    truth = class_numbers(rows, manifests[0])
    held = held_out(rows, manifests, split)
    test = held.parts.test
    reviews = [rows.reviews[row] for row in test]
    candidates, compared = [], []
    for artefact, name in zip(artefacts, _told_apart(names), strict=True):
        classifier = load_classifier(artefact.path, threads=threads)
        answered = answer(classifier, reviews)
        candidates.append(Candidate(name, "model", answered.probabilities))
        compared.append(
            Compared(
                name=name,
                version=artefact.manifest.version,
                megabytes=megabytes(artefact.path),
                reviews_per_second=answered.reviews_per_second,
                device=classifier.device,
            )
        )
    candidates += baselines_beside(rows, truth, held, manifests)
    return Comparison(
        data=rows.name,
        file=rows.file,
        sha256=rows.sha256,
        measured_on=held.what,
        rows=len(test),
        leaks=held.leaks,
        baselines=how_fitted(held),
        labels=labels,
        seed=seed,
        resamples=resamples,
        models=tuple(compared),
        lines=table(truth[test], candidates, labels, seed=seed, resamples=resamples),
    )


def _told_apart(names: Sequence[str]) -> Sequence[str]:
    """Base names of folders, or the whole of what was asked for where two are the same."""
    short = [Path(name).name for name in names]
    return short if len(set(short)) == len(short) else names
