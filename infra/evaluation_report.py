"""``aura evaluate --out``: measure a classifier with everything that the report says, and write it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import CommandError
from infra.evaluating import (
    Answered,
    answer,
    baselines_beside,
    class_numbers,
    held_out,
    how_fitted,
    load_classifier,
    megabytes,
)

if TYPE_CHECKING:
    from models.classifier import Classifier
    from models.data.labelled import Labelled
    from models.evaluation.report.contents import Model, PartName, Report

SEED: Final = 42
"""Of the resamples, so that a report made again says the same."""

HTML: Final = "report.html"
JSON: Final = "report.json"


def make_report(name: str, classifier: "Classifier", rows: "Labelled", *, threads: int | None, texts: bool) -> "Report":
    """Measure ``classifier``, loaded from ``name``, on what it has not learned of ``rows``.

    ``texts`` says whether the worst mistakes are shown with their texts.

    Raises:
        CommandError: the rows cannot measure it.
    """
    from models.artefact import locate
    from models.evaluation.mistakes import worst
    from models.evaluation.report import contents
    from models.evaluation.resampling import RESAMPLES
    from models.evaluation.shares import by_product
    from models.evaluation.table import Candidate, table
    from models.goodness import p_good

    manifest = classifier.manifest
    truth = class_numbers(rows, manifest)
    held = held_out(rows, [manifest], "auto")
    test = held.parts.test
    reviews = [rows.reviews[row] for row in test]
    answers = answer(classifier, rows.reviews)
    calibrated = answers.probabilities[test]
    candidates = [Candidate(manifest.name, "model", calibrated)]
    diagrams = [contents.diagram("calibrated", truth[test], calibrated, manifest.labels)]
    if manifest.calibration is None:
        diagrams = [contents.diagram("as trained", truth[test], calibrated, manifest.labels)]
    else:
        as_trained = answer(load_classifier(name, threads=threads, calibrated=False), reviews).probabilities
        candidates.append(Candidate("before calibration", "uncalibrated", as_trained))
        diagrams.append(contents.diagram("as trained", truth[test], as_trained, manifest.labels))
    candidates += baselines_beside(rows, truth, held, [manifest])
    shares = None
    if rows.product is not None:
        p_bad = [(each.name, 1 - p_good(each.probabilities, manifest.labels)) for each in candidates]
        shares = by_product([rows.product[row] for row in test], rows.bad[test], p_bad, seed=SEED)
    names: tuple[PartName, ...] = ("training", "validation", "test")
    parts = [
        contents.Answers(part, truth[of], answers.probabilities[of]) for part, of in zip(names, held.parts, strict=True)
    ]
    return contents.Report(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        model=_model(classifier, locate(name), answers),
        data=contents.Data(
            name=rows.name,
            file=rows.file,
            sha256=rows.sha256,
            rows=len(rows.reviews),
            skipped=rows.skipped,
            target=rows.scale.target if len(manifest.labels) == 2 else "stars as rated",
            measured_on=held.what,
            leaks=held.leaks,
        ),
        seed=SEED,
        resamples=RESAMPLES,
        lines=table(truth[test], candidates, manifest.labels, seed=SEED),
        baselines=how_fitted(held),
        bad_share_by_product=shares,
        parts=contents.parts(parts, manifest.labels),
        diagrams=tuple(diagrams),
        training=manifest.training,
        mistakes=worst(truth[test], calibrated, manifest.labels, [r.text for r in reviews] if texts else None),
    )


def make_folder(folder: Path) -> None:
    """Make the report's folder, before measuring that takes minutes.

    Raises:
        CommandError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder}: cannot be made: {error.strerror}") from error


def write_report(report: "Report", folder: Path) -> Path:
    """Write both files into ``folder``, over those of an earlier report, and return the page's path.

    Raises:
        CommandError: they cannot be written.
    """
    from models.evaluation.report.contents import to_json
    from models.evaluation.report.page import page

    html = page(report)
    try:
        (folder / JSON).write_bytes(to_json(report))
        (folder / HTML).write_text(html, "utf-8")
    except OSError as error:
        raise CommandError(f"{folder}: cannot be written: {error.strerror}") from error
    return folder / HTML


def _model(classifier: "Classifier", folder: Path, answers: Answered) -> "Model":
    from models.evaluation.report import contents

    manifest = classifier.manifest
    return contents.Model(
        name=manifest.name,
        version=manifest.version,
        architecture=manifest.architecture,
        inputs=manifest.preprocessing.inputs,
        labels=manifest.labels,
        megabytes=megabytes(folder),
        reviews_per_second=answers.reviews_per_second,
        device=classifier.device,
        trained_on=manifest.data.name,
        training_licence=manifest.data.licence,
    )
