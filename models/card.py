"""The model card: what an artefact's manifest says, for people."""

import shlex
from typing import Final

from models.manifest import Manifest, Metrics


def model_card(manifest: Manifest, notes: str) -> str:
    """Markdown; ``notes`` follow the summary."""
    data, split, training = manifest.data, manifest.split, manifest.training
    results = manifest.results
    epochs = len(training.history)
    inputs = " and ".join(manifest.preprocessing.inputs)
    if manifest.calibration is None:
        choice = f"The weights are those of the last of {epochs} epochs, the probabilities those of the softmax layer."
        columns = [(f"epoch {epochs} (shipped)", results.shipped)]
    else:
        platt = manifest.calibration
        choice = (
            f"The weights are those of epoch {training.chosen_epoch} of {epochs}, the one with the lowest loss on the "
            f"{split.validation:,} validation reviews. On the same reviews Platt scaling was fitted: P(bad) = "
            f"sigmoid({platt.a:.4f} x log-odds {'-' if platt.b < 0 else '+'} {abs(platt.b):.4f})."
        )
        columns = [
            (f"epoch {training.chosen_epoch}, calibrated (shipped)", results.shipped),
            (f"epoch {training.chosen_epoch}", results.uncalibrated),
            (f"epoch {epochs}", results.last_epoch),
        ]
    parts = [
        f"# {manifest.name}",
        f"Tells good customer reviews from bad ones ({data.target}). Version {manifest.version}, architecture "
        f"{manifest.architecture}, labels {' and '.join(manifest.labels)}; reads the {inputs} of a "
        f"review, at most {manifest.preprocessing.length} known words of it.",
        *([notes.strip()] if notes else []),
        "## Training",
        f"Data: {data.name}; licence: {data.licence}. File `{data.file}` (SHA-256 `{data.sha256}`): "
        f"{data.rows:,} reviews, {data.bad_share:.2%} bad; {data.skipped:,} rows without text or rating were left out.",
        f"Split {split.kind}, seed {split.seed}: {split.train:,} training, {split.validation:,} validation and "
        f"{split.test:,} test reviews. {_SPLIT[split.kind]}",
        f"Adam, batches of {training.batch_size}, TensorFlow {training.tensorflow}, {training.seconds:.0f} s on "
        f"{training.device}. {choice}",
        "## Test",
        f"On the {results.shipped.rows:,} test reviews, {results.shipped.bad_share:.2%} of them bad. Always "
        f"answering good would have an accuracy of {1 - results.shipped.bad_share:.4f}, a macro-F1 below 0.5 and a "
        "recall of bad of 0.",
        _table(columns),
        "Macro-F1 is the mean of the F1 of good and of bad. Log loss is in nats; the calibration error is the expected "
        "one of Guo et al. (2017), 15 bins of equal width.",
        "![Learning curves](learning-curves.png)",
        "![Confusion matrix](confusion-matrix.png)",
        "## Training it again",
        f"```\n{_command(manifest, notes)}\n```",
    ]
    return "\n\n".join(parts) + "\n"


_SPLIT: Final = {
    "random": "Drawn by row: reviews of equal text can stand on both sides, which flatters the figures below.",
    "by-text": "Reviews of equal text (lower case, white space as one blank) stand on one side.",
}

ROWS: Final = (
    ("Accuracy", "accuracy"),
    ("Macro-F1", "macro_f1"),
    ("Recall of bad", "recall_bad"),
    ("Precision of bad", "precision_bad"),
    ("ROC-AUC", "roc_auc"),
    ("PR-AUC (bad)", "pr_auc"),
    ("Log loss", "log_loss"),
    ("Calibration error", "ece"),
)
"""Figures of :class:`models.manifest.Metrics` in the order in which people read them."""


def figure(metrics: Metrics, field: str) -> str:
    """One of :data:`ROWS`' fields to four decimals; a dash where it is not defined."""
    value = getattr(metrics, field)
    return "-" if value is None else f"{value:.4f}"


def _table(columns: list[tuple[str, Metrics]]) -> str:
    lines = [
        "| | " + " | ".join(name for name, _ in columns) + " |",
        "| --- |" + " ---: |" * len(columns),
        *(f"| {label} | " + " | ".join(figure(m, field) for _, m in columns) + " |" for label, field in ROWS),
    ]
    return "\n".join(lines)


def _command(manifest: Manifest, notes: str) -> str:
    data, split = manifest.data, manifest.split
    lines = [
        ["aura", "train", data.file, "--text", data.text_column, "--rating", data.rating_column],
        ["--split", split.kind, "--seed", str(split.seed), "--epochs", str(len(manifest.training.history))],
        ["--validation", f"{split.validation_share:g}", "--architecture", manifest.architecture],
        ["--data-name", data.name],
        ["--licence", data.licence],
        ["--name", manifest.name, "--out", manifest.name, *(["--notes", "NOTES.md"] if notes else [])],
    ]
    return " \\\n  ".join(map(shlex.join, lines))
