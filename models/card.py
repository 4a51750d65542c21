"""The model card: what an artefact's manifest says, for people."""

import shlex
from typing import Any, Final

from models.manifest import Manifest, Metrics, Platt, Training


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
            f"{split.validation:,} validation reviews. On the same reviews Platt scaling was fitted: {_scaled(platt)}."
        )
        columns = [
            (f"epoch {training.chosen_epoch}, calibrated (shipped)", results.shipped),
            (f"epoch {training.chosen_epoch}", results.uncalibrated),
            (f"epoch {epochs}", results.last_epoch),
        ]
    parts = [
        f"# {manifest.name}",
        f"{_purpose(manifest)} Version {manifest.version}, architecture "
        f"{manifest.architecture}, labels {', '.join(manifest.labels[:-1])} and {manifest.labels[-1]}; reads the "
        f"{inputs} of a review, at most {manifest.preprocessing.length} known words of it.",
        *([notes.strip()] if notes else []),
        "## Training",
        f"Data: {data.name}; licence: {data.licence}. File `{data.file}` (SHA-256 `{data.sha256}`): "
        f"{data.rows:,} reviews, {data.bad_share:.2%} bad; {data.skipped:,} rows without text or rating were left out.",
        f"Split {split.kind}, seed {split.seed}: {split.train:,} training, {split.validation:,} validation and "
        f"{split.test:,} test reviews. {_SPLIT[split.kind]}{_leaks(manifest)}",
        f"{_fitting(training)}, TensorFlow {training.tensorflow}, {training.seconds:.0f} s on "
        f"{training.device}. {choice}",
        "## Test",
        f"On the {results.shipped.rows:,} test reviews, {results.shipped.bad_share:.2%} of them bad. Always "
        f"answering good would have an accuracy of {1 - results.shipped.bad_share:.4f}, a macro-F1 below 0.5 and a "
        "recall of bad of 0.",
        _table(columns),
        *_stars(manifest),
        "Macro-F1 is the mean of the F1 of good and of bad. Log loss is in nats; the calibration error is the expected "
        "one of Guo et al. (2017), 15 bins of equal width.",
        "![Learning curves](learning-curves.png)",
        "![Confusion matrix](confusion-matrix.png)",
        "## Training it again",
        f"In the folder of this card; {_where(manifest)}.",
        f"```\n{_command(manifest, notes)}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _where(manifest: Manifest) -> str:
    if manifest.data.data_set is not None:
        return "`AURA_DATASETS_DIR` names the folder of the data (`aura data list`)"
    return f"`{manifest.data.file}` has to be there"


def _purpose(manifest: Manifest) -> str:
    if manifest.task == "bad":
        return f"Tells good customer reviews from bad ones ({manifest.data.target})."
    return "Tells how many stars a review gives; as good or bad it counts four and five stars as good."


def _scaled(platt: Platt) -> str:
    if platt.shifts:
        shifts = ", ".join(f"{shift:.4f}" for shift in platt.shifts)
        return f"probabilities = softmax({platt.a:.4f} x the network's sums + ({shifts}))"
    return f"P(bad) = sigmoid({platt.a:.4f} x log-odds {'-' if platt.b < 0 else '+'} {abs(platt.b):.4f})"


def _fitting(training: Training) -> str:
    said = [training.optimizer.capitalize()]
    if training.learning_rate is not None:
        said.append(f"learning rate {training.learning_rate:g}")
    said.append(f"batches of {training.batch_size}")
    if training.class_weights == "balanced":
        said.append("each class weighted to count the same")
    if training.patience:
        said.append(f"stopped after {training.patience} epochs without a lower validation loss")
    if training.share < 1:
        said.append(f"a share of {training.share:g} of the training part drawn")
    if training.untitled:
        said.append(f"a share of {training.untitled:g} of the titled reviews learned once more without their title")
    if training.precision != "float32":
        said.append("products in float16")
    return ", ".join(said)


def _stars(manifest: Manifest) -> list[str]:
    """What a classifier of stars is worth as one; the table before it is on good or bad."""
    figures = manifest.results.by_class
    if figures is None:
        return []
    shipped = figures.shipped
    titles = {"accuracy": "Accuracy", "macro_f1": "Macro-F1", "weighted_f1": "Weighted F1", "log_loss": "Log loss"}
    titles |= {"roc_auc": "ROC-AUC, mean of each class against the rest", "mae": "Mean absolute error, stars"}
    titles |= {f"recall_{label}": f"Recall of {label}" for label in manifest.labels}
    rows = [
        f"| {title} | {'-' if (value := shipped.values[name]) is None else f'{value:.4f}'} |"
        for name, title in titles.items()
    ]
    return ["The same answers in stars:", "\n".join(["| | shipped |", "| --- | ---: |", *rows])]


def _settings(hyperparameters: dict[str, Any]) -> list[str]:
    written = {
        name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        for name, value in hyperparameters.items()
    }
    return [word for name, value in written.items() for word in ("--set", f"{name}={value}")]


_SPLIT: Final = {
    "random": "Drawn by row: reviews of equal text can stand on both sides, which flatters the figures below.",
    "stratified": "Drawn by row, each class apart: reviews of equal text can stand on both sides.",
    "by-text": "Reviews of equal text (lower case, white space as one blank) stand on one side.",
    "by-product": "No product of the test was trained on.",
    "by-time": "The test reviews are the latest.",
    "official": "The publisher's own.",
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


def _leaks(manifest: Manifest) -> str:
    leaks = manifest.split.leaks
    return f" {leaks:,} test reviews have a text that stands in the other parts as well." if leaks else ""


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
    data, split, training = manifest.data, manifest.split, manifest.training
    epochs = len(training.history) if training.epochs is None else training.epochs
    title = ["--title", data.title_column] if data.title_column else []
    lines = [
        ["aura", "train", data.data_set or data.file, "--text", data.text_column, "--rating", data.rating_column],
        ["--read-title", *title] if "title" in manifest.preprocessing.inputs else ["--no-read-title"],
        *([["--product", data.product_column]] if split.kind == "by-product" and data.product_column else []),
        *([["--time", data.time_column]] if split.kind == "by-time" and data.time_column else []),
        ["--split", split.kind, "--seed", str(split.seed), "--epochs", str(epochs)],
        ["--validation", f"{split.validation_share:g}", "--arch", manifest.architecture, "--task", manifest.task],
        _settings(manifest.hyperparameters),
        ["--words", str(manifest.preprocessing.num_words), "--length", str(manifest.preprocessing.length)],
        ["--batch", str(training.batch_size), "--optimizer", training.optimizer],
        *([["--lr", f"{training.learning_rate:g}"]] if training.learning_rate is not None else []),
        *([["--class-weights", training.class_weights]] if training.class_weights != "none" else []),
        ["--patience", str(training.patience)],
        *([["--untitled", f"{training.untitled:g}"]] if training.untitled else []),
        *([["--mixed-precision"]] if training.precision != "float32" else []),
        *([["--xla"]] if training.xla else []),
        ["--data-name", data.name],
        ["--licence", data.licence],
        ["--name", manifest.name, "--out", f"../{manifest.name}-again", *(["--notes", "NOTES.md"] if notes else [])],
    ]
    return " \\\n  ".join(map(shlex.join, lines))
