"""What tests of ``aura train`` and ``aura tune`` share: reviews with headlines, and trainings that do not happen."""

import csv
from pathlib import Path

import pytest

from infra.commands import train as train_command
from models.training.recipe import Recipe
from models.tuning import search as tuning
from models.tuning.propose import propose
from models.tuning.store import Store
from tests.models.samples import write_reviews
from tests.models.tuning.samples import over


def write_titled(path: Path) -> None:
    """Reviews with a column ``head``; two of three have a headline."""
    write_reviews(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "head"])
        writer.writeheader()
        writer.writerows(row | {"head": "Joy" if number % 3 else ""} for number, row in enumerate(rows))


def stop_before_training(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """The recipes that ``aura train`` would train by from here on; it is interrupted before."""
    recipes: list[Recipe] = []

    def stop(rows: object, recipe: Recipe, *_: object) -> None:
        recipes.append(recipe)
        raise KeyboardInterrupt

    monkeypatch.setattr(train_command, "_train", stop)
    return recipes


def end_searches_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """``aura tune`` proposes one trial and takes it for done."""

    def run(store: Store, *_: object, **__: object) -> None:
        store.add(over(store.search, 0, propose(store.search, 0, [], [])))

    monkeypatch.setattr(tuning, "run", run)
