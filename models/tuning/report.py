"""The trials of a search as files that other programs read, and the command that trains the best of them."""

import csv
import io
import json
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from models.tuning.objective import OBJECTIVES
from models.tuning.trial import Search, Trial


def table(search: Search, trials: Collection[Trial]) -> bytes:
    """CSV, one line a trial in the order of proposal; columns of the dimensions as a recipe calls them."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    dimensions = [each.name for each in search.space.dimensions]
    figures = [name.replace("-", "_") for name in OBJECTIVES]
    writer.writerow(["trial", *dimensions, *figures, "epochs", "chosen_epoch", "seconds", "failure"])
    for trial in sorted(trials, key=lambda each: each.number):
        writer.writerow(
            [
                trial.number,
                *(trial.point[name] for name in dimensions),
                *(trial.figures.get(name, "") for name in OBJECTIVES),
                len(trial.history),
                trial.chosen_epoch,
                trial.seconds,
                trial.failure,
            ]
        )
    return content.getvalue().encode()


def document(search: Search, trials: Collection[Trial], command: Collection[str]) -> bytes:
    """JSON: the search, the number of its best trial, every trial with its epochs, and the command for the best."""
    best = search.best(trials)
    content = {
        "search": search,
        "best": None if best is None else best.number,
        "command": list(command),
        "trials": sorted(trials, key=lambda each: each.number),
    }
    return json.dumps(msgspec.json.decode(msgspec.json.encode(content)), indent=1).encode() + b"\n"


def train_command(search: Search, best: Trial, data: str, columns: Mapping[str, str | None], out: str) -> list[str]:
    """``aura train`` with the recipe of a trial, on all of the training part.

    Args:
        search: it was found in.
        best: the trial.
        data: name or path of the data, as the search was given it.
        columns: those that were named with it, by option (``text``, ``rating``, ...).
        out: folder of the artefact.
    """
    recipe = search.space.applied(search.recipe, best.point)
    how, fitting = recipe.preprocessing, recipe.fitting
    return [
        *("aura", "train", data, "--out", out, "--arch", recipe.architecture, "--task", recipe.task),
        *(word for name, value in recipe.hyperparameters.items() for word in ("--set", f"{name}={_written(value)}")),
        *("--words", str(how.num_words), "--length", str(how.length)),
        "--read-title" if "title" in how.inputs else "--no-read-title",
        *(("--untitled", str(recipe.untitled)) if recipe.untitled else ()),
        *("--lr", str(fitting.learning_rate), "--batch", str(fitting.batch_size), "--epochs", str(fitting.epochs)),
        *("--optimizer", fitting.optimizer, "--class-weights", fitting.class_weights),
        *("--patience", str(fitting.patience), "--seed", str(recipe.seed)),
        *("--split", recipe.split, "--validation", str(recipe.validation)),
        *(word for name, column in columns.items() if column is not None for word in (f"--{name}", column)),
    ]


def _written(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
