"""What to try next: the tree-structured Parzen estimator, as a function without a memory.

Source: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for Hyper-Parameter Optimization" (NIPS 2011), as
Optuna has it. A sampler of Optuna that goes through a search keeps a random state, which is lost with its process: a
resumed search would draw the same random numbers again. Here each proposal has a sampler of its own, seeded by the
search's seed and the trial's number, and is told all that it may know. So it is the same in whatever process.
"""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from models.tuning.objective import OBJECTIVES
from models.tuning.optimizer import optuna
from models.tuning.space import Point, Space
from models.tuning.trial import Search, Trial

REDRAWS: Final = 10
"""Of a point that was tried before, until one is drawn at random. The estimator repeats itself near the end of a small
space, and on a CPU a point tried twice has the same figures twice."""


def propose(search: Search, number: int, learned: Collection[Trial], tried: Sequence[Point]) -> Point:
    """The point of trial ``number``; it depends on nothing but the arguments.

    The first trial is the recipe's own point, or the nearest to it, so that what a search finds is never worse than
    what it started from. Nine random ones follow, and as many more as it takes until ten are learned from.

    Args:
        search: what is searched.
        number: from 0, below the size of the space.
        learned: trials whose figures may be known.
        tried: points of all trials of lower numbers, in their order.
    """
    if number == 0:
        return search.space.nearest(search.recipe)
    space, seed = search.space, search.recipe.seed
    taken = [_steps(space, point) for point in tried]
    known = {trial.number for trial in learned}
    told = [_told(search, trial) for trial in learned]
    told += [_trial(space, steps, TrialState.RUNNING) for n, steps in enumerate(taken) if n not in known]
    for redraw in range(REDRAWS):
        drawn = _drawn(search, told, _mixed(seed, number, redraw))
        if drawn not in taken:
            return _point(space, drawn)
    chance = np.random.default_rng((seed, number))
    while True:
        drawn = [int(chance.integers(len(each.values))) for each in space.dimensions]
        if drawn not in taken:
            return _point(space, drawn)


def _drawn(search: Search, told: Sequence[FrozenTrial], seed: int) -> list[int]:
    direction = OBJECTIVES[search.objective].direction
    study = optuna.create_study(direction=direction, sampler=TPESampler(seed=seed))
    study.add_trials(told)
    params = study.ask(_distributions(search.space)).params
    return [params[each.name] for each in search.space.dimensions]


def _told(search: Search, trial: Trial) -> FrozenTrial:
    value = search.value(trial)
    steps = _steps(search.space, trial.point)
    return _trial(search.space, steps, TrialState.FAIL if value is None else TrialState.COMPLETE, value)


def _trial(space: Space, steps: Sequence[int], state: TrialState, value: float | None = None) -> FrozenTrial:
    params = {each.name: step for each, step in zip(space.dimensions, steps, strict=True)}
    return create_trial(state=state, params=params, distributions=_distributions(space), value=value)


def _distributions(space: Space) -> dict[str, BaseDistribution]:
    """Positions among the values rather than the values: these go in octaves, tenths and powers of ten, and the
    estimator thinks in distances."""
    return {each.name: IntDistribution(0, len(each.values) - 1) for each in space.dimensions}


def _steps(space: Space, point: Point) -> list[int]:
    return [each.values.index(point[each.name]) for each in space.dimensions]


def _point(space: Space, steps: Sequence[int]) -> Point:
    return {each.name: each.values[step] for each, step in zip(space.dimensions, steps, strict=True)}


def _mixed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
