"""What may be chosen: the published search space of a network, or another.

Published are units of 8 to 512, dropouts of 0 to 0.4 and learning rates of 1e-2 to 1e-5. Values are steps in those
ranges, not any number: every published optimum lies on them, and neighbours that differ by less differ less than two
seeds do.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from models.architectures.architecture import Fitting
from models.architectures.errors import InvalidHyperparameters
from models.architectures.registry import find
from models.training.recipe import Recipe

Number = int | float

Point = dict[str, Number]
"""A value for each dimension, by its name."""

UNITS: Final = (8, 16, 32, 64, 128, 256, 512)
DROPOUTS: Final = (0.0, 0.1, 0.2, 0.3, 0.4)
LEARNING_RATES: Final = (1e-5, 1e-4, 1e-3, 1e-2)

_FITTED: Final = ("learning_rate", "batch_size")
"""What can be searched of how weights are fitted."""


class SpaceError(ValueError):
    """No space to search: an unknown name, or a value that the network cannot have."""


class Dimension(Struct, frozen=True):
    """One number that is chosen."""

    name: str
    """Of the field, with the layer's number (from 1) where there is one a layer: ``units_2``."""
    field: str
    layer: int | None
    """Position in the field's list; ``None``: the field is one number."""
    values: tuple[Number, ...]
    """Different ones, ascending."""


class Space(Struct, frozen=True):
    """What is searched; each combination of the dimensions' values is a point of it."""

    dimensions: tuple[Dimension, ...]

    @property
    def size(self) -> int:
        """Number of points."""
        size = 1
        for dimension in self.dimensions:
            size *= len(dimension.values)
        return size

    def nearest(self, recipe: Recipe) -> Point:
        """The point closest to a recipe."""
        own = {each.name: _own(recipe, each) for each in self.dimensions}
        return {
            each.name: each.values[int(np.argmin(np.abs(np.array(each.values) - own[each.name])))]
            for each in self.dimensions
        }

    def written(self, point: Point) -> dict[str, str]:
        """A point for people: numbers by field, with commas between those of its layers, as ``--set`` takes them."""
        fields: dict[str, list[str]] = {}
        for each in self.dimensions:
            fields.setdefault(each.field, []).append(f"{point[each.name]:g}")
        return {field: ",".join(numbers) for field, numbers in fields.items()}

    def applied(self, recipe: Recipe, point: Point) -> Recipe:
        """The recipe with the point's values in it.

        Raises:
            InvalidHyperparameters: the network cannot have one of them.
            msgspec.ValidationError: training cannot.
        """
        hyperparameters: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(recipe.hyperparameters))
        fitting = msgspec.to_builtins(recipe.fitting)
        for each in self.dimensions:
            if each.field in _FITTED:
                fitting[each.field] = point[each.name]
            elif each.layer is None:
                hyperparameters[each.field] = point[each.name]
            else:
                hyperparameters[each.field][each.layer] = point[each.name]
        find(recipe.architecture).choose(changes=hyperparameters)
        return msgspec.structs.replace(
            recipe, hyperparameters=hyperparameters, fitting=msgspec.convert(fitting, Fitting)
        )


def space_of(
    recipe: Recipe, *, fixed: Iterable[str] = (), searched: Mapping[str, Sequence[Number]] | None = None
) -> Space:
    """The published space of a recipe's network: units and filters, dropouts, and the learning rate.

    The recipe's own values are in it, too, so that a search always can find what the network has by itself.

    Args:
        recipe: how to train, apart from what is searched.
        fixed: fields that stay as the recipe has them.
        searched: values of further fields, or instead of the published ones; for one that has a number a layer, those
            of each layer. One value fixes the field.

    Raises:
        SpaceError: nothing is left to choose, or what is asked for cannot be.
    """
    fields = recipe.hyperparameters | {name: getattr(recipe.fitting, name) for name in _FITTED}
    asked = dict(searched or {})
    if unknown := [name for name in (*asked, *fixed) if name not in fields]:
        raise SpaceError(f"{recipe.architecture} has no {', '.join(unknown)} to choose; it has {', '.join(fields)}")
    if both := [name for name in asked if name in fixed]:
        raise SpaceError(f"{', '.join(both)}: either one value is set or several are searched")
    dimensions = []
    for field, value in fields.items():
        published = () if field in fixed else _published(field)
        owned = value if isinstance(value, list) else [value]
        for layer, own in enumerate(owned):
            values = asked.get(field, {*published, own} if published else ())
            if not values:
                continue
            several = len(owned) > 1
            dimensions.append(
                Dimension(
                    name=f"{field}_{layer + 1}" if several else field,
                    field=field,
                    layer=layer if isinstance(value, list) else None,
                    values=tuple(sorted(set(values))),
                )
            )
    space = Space(tuple(dimensions))
    if space.size < 2:
        raise SpaceError("nothing is left to choose: search a field with two values or more")
    _check(space, recipe)
    return space


def _published(field: str) -> tuple[Number, ...]:
    if field in ("units", "filters"):
        return UNITS
    if "dropout" in field:
        return DROPOUTS
    return LEARNING_RATES if field == "learning_rate" else ()


def _own(recipe: Recipe, dimension: Dimension) -> Number:
    value: Any = (
        getattr(recipe.fitting, dimension.field)
        if dimension.field in _FITTED
        else recipe.hyperparameters[dimension.field]
    )
    own: Number = value if dimension.layer is None else value[dimension.layer]
    return own


def _check(space: Space, recipe: Recipe) -> None:
    """Every value once, so that no trial fails of a value that could have been refused before the first."""
    for dimension in space.dimensions:
        for value in dimension.values:
            try:
                Space((dimension,)).applied(recipe, {dimension.name: value})
            except (InvalidHyperparameters, msgspec.ValidationError) as error:
                raise SpaceError(f"{dimension.field}={value:g}: {error}") from None
