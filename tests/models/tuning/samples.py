"""Searches that no network is trained for."""

from typing import Any

import numpy as np

from models.training.recipe import recipe
from models.tuning.objective import ObjectiveName
from models.tuning.space import Point, Space, space_of
from models.tuning.trial import Search, Trial, search_of
from tests.models.samples import labelled


def search(objective: ObjectiveName = "multi-label-auc", *, jobs: int = 1, **values: Any) -> Search:
    """Of ``lstm-2``, in its published space or with other ``values``."""
    how = recipe("lstm-2")
    return search_of(labelled(["one", "two"]), how, space_of(how, searched=values), objective, jobs=jobs)


def over(of: Search, number: int, point: Point) -> Trial:
    """A trial with figures that follow from its point: best with units of 64 and a learning rate of 1e-3."""
    away = sum(abs(np.log2(value / 64)) for name, value in point.items() if name.startswith("units"))
    value = 0.9 - 0.02 * away - 0.05 * abs(np.log10(point.get("learning_rate", 1e-3) / 1e-3))
    return Trial(number=number, point=point, figures={of.objective: float(value)}, seconds=1.0)


def failed(number: int, point: Point) -> Trial:
    """A trial without figures."""
    return Trial(number=number, point=point, figures={}, failure="out of memory")


def first(space: Space) -> Point:
    """The point of the lowest values."""
    return {each.name: each.values[0] for each in space.dimensions}
