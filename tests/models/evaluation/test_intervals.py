import numpy as np
import pytest

from models.evaluation.figures import Figures, measure
from models.evaluation.intervals import Figure, differences, with_intervals
from models.evaluation.resampling import Draws, draw
from tests.models.evaluation.samples import BAD, STARS, Answered, noisy

SETS, ROWS = 100, 300


def measured(rows: Answered, *, seed: int = 0, resamples: int = 300) -> tuple[Figures, Draws]:
    return measure(*rows), draw(*rows, seed=seed, resamples=resamples)


def covered(figures: list[Figure], truth: float) -> float:
    inside = [f.low <= truth <= f.high for f in figures if f.low is not None and f.high is not None]
    assert len(inside) == SETS
    return float(np.mean(inside))


def test_intervals_hold_the_true_figure_as_often_as_they_say() -> None:
    population = measure(*noisy(100_000, BAD, seed=99)).values
    found = [with_intervals(*measured(noisy(ROWS, BAD, seed=number), seed=number), BAD) for number in range(SETS)]
    # Were 95 % right, fewer than 87 of 100 sets would hold the truth in one run of a thousand.
    for name in ("accuracy", "macro_f1", "roc_auc", "pr_auc", "log_loss", "recall_bad", "precision_bad"):
        truth = population[name]
        assert truth is not None
        assert covered([figures[name] for figures in found], truth) >= 0.87, name
    # These answers are calibrated. No percentile interval would hold the 0.
    assert covered([figures["ece"] for figures in found], 0) >= 0.5


def test_intervals_are_no_wider_than_they_need_to_be() -> None:
    rows = noisy(1000, BAD, seed=4)
    figure = with_intervals(*measured(rows), BAD)["accuracy"]
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    binomial = 2 * 1.96 * (figure.value * (1 - figure.value) / 1000) ** 0.5
    assert figure.high - figure.low == pytest.approx(binomial, rel=0.15)


def test_pairing_narrows_the_interval_of_a_difference() -> None:
    first = noisy(500, STARS, seed=3)
    mixed = 0.9 * first.probabilities + 0.1 * noisy(500, STARS, seed=8).probabilities
    mine, theirs = measured(first), measured(first._replace(probabilities=mixed))
    difference = differences(mine, theirs, STARS)["accuracy"]
    alone = with_intervals(*mine, STARS)["accuracy"]
    assert difference.value == pytest.approx((mine[0].values["accuracy"] or 0) - (theirs[0].values["accuracy"] or 0))
    assert difference.low is not None
    assert difference.high is not None
    assert alone.low is not None
    assert alone.high is not None
    assert difference.low <= (difference.value or 0) <= difference.high
    assert difference.high - difference.low < (alone.high - alone.low) / 2


def test_a_classifier_does_not_differ_from_itself() -> None:
    mine = measured(noisy(200, BAD, seed=3))
    assert set(differences(mine, mine, BAD).values()) == {Figure(value=0.0, low=0.0, high=0.0)}


def test_what_few_resamples_define_has_no_interval() -> None:
    rows = noisy(200, BAD, seed=3)
    truth = np.zeros(200, np.intp)
    truth[:2] = 1
    found = with_intervals(*measured(rows._replace(truth=truth)), BAD)
    assert found["recall_bad"].value is not None
    assert found["recall_bad"].low is None
    assert found["roc_auc"].high is None
    assert found["accuracy"].low is not None


def test_what_is_not_defined_has_neither_figure_nor_interval() -> None:
    rows = noisy(50, BAD, seed=3)._replace(truth=np.zeros(50, np.intp))
    assert with_intervals(*measured(rows), BAD)["roc_auc"] == Figure(value=None)
