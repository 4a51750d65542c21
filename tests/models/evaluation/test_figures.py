from math import log

import numpy as np
import pytest
from hypothesis import given

from models.evaluation.catalogue import entries
from models.evaluation.figures import measure
from tests.models.evaluation.samples import BAD, STARS, Answered, answered

FIVE = Answered(
    np.array([0, 0, 4, 4, 2]),
    np.array(
        [
            [0.6, 0.1, 0.1, 0.1, 0.1],
            [0.1, 0.2, 0.1, 0.1, 0.5],
            [0.0, 0.0, 0.1, 0.1, 0.8],
            [0.1, 0.1, 0.1, 0.4, 0.3],
            [0.2, 0.2, 0.2, 0.2, 0.2],
        ]
    ),
    STARS,
)


def test_figures_of_five_classes_are_those_worked_out_by_hand() -> None:
    figures = measure(*FIVE)
    values = figures.values
    # Answers: 1, 5, 5, 4 and, all being equally likely, 1.
    assert figures.confusion == ((1, 0, 0, 0, 1), (0,) * 5, (1, 0, 0, 0, 0), (0,) * 5, (0, 0, 0, 1, 1))
    assert values["accuracy"] == pytest.approx(2 / 5)
    assert values["mae"] == pytest.approx((0 + 4 + 0 + 1 + 2) / 5)
    assert values["f1_1"] == pytest.approx(1 / 2)
    assert values["f1_5"] == pytest.approx(1 / 2)
    assert values["macro_f1"] == pytest.approx((1 / 2 + 1 / 2) / 5)
    assert values["weighted_f1"] == pytest.approx((2 / 2 + 2 / 2) / 5)
    assert values["log_loss"] == pytest.approx(-(log(0.6) + log(0.1) + log(0.8) + log(0.3) + log(0.2)) / 5)
    # Confidence .6 right, .5 wrong, .8 right, .4 wrong, .2 wrong: each in a bin of its own.
    assert values["ece"] == pytest.approx((0.4 + 0.5 + 0.2 + 0.4 + 0.2) / 5)
    assert values["share_5"] == pytest.approx(2 / 5)
    assert values["answered_4"] == pytest.approx(1 / 5)
    assert values["probability_5"] == pytest.approx(1.9 / 5)
    # No row has two stars, so that the mean over the classes is not defined.
    assert (values["roc_auc"], values["pr_auc"], values["recall_2"], values["f1_2"]) == (None, None, None, None)
    assert (values["recall_3"], values["precision_3"], values["precision_4"]) == (0, None, 0)


def test_areas_of_several_classes_are_means_of_each_against_the_rest() -> None:
    truth = np.array([0, 1, 2, 1])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.2, 0.5, 0.3], [0.1, 0.7, 0.2]])
    values = measure(truth, probabilities, ("low", "middle", "high")).values
    # Low stands above all. Of four pairs of middle and another, middle is higher in three. High ties with one of three.
    assert values["roc_auc"] == pytest.approx((1 + 3 / 4 + 2.5 / 3) / 3)
    assert values["pr_auc"] == pytest.approx((1 + (1 / 2 + 1 / 2 * 2 / 3) + 1 / 2) / 3)
    assert "mae" not in values


@given(answered())
def test_what_is_measured_is_what_the_catalogue_names(rows: Answered) -> None:
    assert set(measure(*rows).values) == set(entries(rows.labels))


@given(answered())
def test_parts_agree_with_each_other(rows: Answered) -> None:
    figures = measure(*rows)
    values, counts = figures.values, np.array(figures.confusion)
    assert counts.sum() == figures.rows == len(rows.truth)
    assert values["accuracy"] == pytest.approx(np.trace(counts) / counts.sum())
    for kind in ("share", "answered", "probability"):
        assert sum(values[f"{kind}_{label}"] or 0 for label in rows.labels) == pytest.approx(1)


def test_float32_answers_of_a_network_are_taken() -> None:
    probabilities = np.array([[0.1, 0.9], [0.7, 0.3]], np.float32)
    assert measure(np.array([1, 0]), probabilities, BAD).values["log_loss"] == pytest.approx(-(log(0.9) + log(0.7)) / 2)


@pytest.mark.parametrize(
    ("truth", "probabilities", "reason"),
    [
        ([0, 1], [[0.5, 0.5]], r"shape \(2, 2\)"),
        ([0], [[1.0, 0.0, 0.0]], r"shape \(1, 2\)"),
        ([], np.empty((0, 2)), "at least one row"),
        ([2], [[0.5, 0.5]], "from 0 to 1, not 2 to 2"),
        ([0], [[0.5, 0.6]], "sum to 1"),
        ([0], [[np.nan, 1.0]], "sum to 1"),
    ],
)
def test_what_does_not_fit_is_refused(truth: list[int], probabilities: list[list[float]], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        measure(np.array(truth, np.intp), np.array(probabilities), BAD)
