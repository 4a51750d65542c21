from math import log

import numpy as np
import pytest

from models.metrics import measure


def answers(p_bad: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[1 - p, p] for p in p_bad])


def test_figures_are_those_worked_out_by_hand() -> None:
    metrics = measure(np.array([True, True, False, False, False]), answers([0.9, 0.4, 0.2, 0.6, 0.1]))
    assert metrics.rows == 5
    assert metrics.bad_share == pytest.approx(2 / 5)
    assert metrics.confusion == ((2, 1), (1, 1))
    assert metrics.accuracy == pytest.approx(3 / 5)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert metrics.recall_bad == pytest.approx(1 / 2)
    assert metrics.precision_bad == pytest.approx(1 / 2)
    # Of six pairs of a bad and a good review, five have the bad one higher.
    assert metrics.roc_auc == pytest.approx(5 / 6)
    assert metrics.pr_auc == pytest.approx(1 / 2 * 1 + 1 / 2 * 2 / 3)
    assert metrics.log_loss == pytest.approx(-(log(0.9) + log(0.4) + log(0.8) + log(0.4) + log(0.9)) / 5)
    # Bins of confidence: .9 twice, right; .6 twice, wrong; .8 once, right.
    assert metrics.ece == pytest.approx((2 * 0.1 + 2 * 0.6 + 0.2) / 5)


@pytest.mark.parametrize(("bad", "recall"), [(True, 0.5), (False, None)])
def test_one_kind_alone_has_no_areas_under_curves(bad: bool, recall: float | None) -> None:
    metrics = measure(np.array([bad, bad]), answers([0.9, 0.2]))
    assert metrics.roc_auc is None
    assert metrics.pr_auc is None
    assert metrics.recall_bad == recall
    assert metrics.accuracy == pytest.approx(0.5)


def test_precision_is_undefined_where_nothing_is_called_bad() -> None:
    assert measure(np.array([True, False]), answers([0.1, 0.2])).precision_bad is None


def test_a_tie_counts_as_good() -> None:
    assert measure(np.array([False]), answers([0.5])).accuracy == 1
