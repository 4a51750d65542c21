import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import calibration
from models.manifest import Platt


def test_a_known_distortion_is_found_again() -> None:
    random = np.random.default_rng(3)
    odds = random.normal(0, 2, 40_000)
    bad = random.random(len(odds)) < 1 / (1 + np.exp(-(0.6 * odds - 0.8)))
    platt = calibration.fit(odds, bad)
    assert platt.a == pytest.approx(0.6, abs=0.03)
    assert platt.b == pytest.approx(-0.8, abs=0.04)
    assert platt.rows == 40_000


def test_the_mean_probability_becomes_the_share_of_bad() -> None:
    random = np.random.default_rng(4)
    odds = random.normal(-3, 2, 5_000)
    bad = random.random(len(odds)) < 0.2
    answers = calibration.probabilities(odds, calibration.fit(odds, bad))
    assert answers[:, 1].mean() == pytest.approx(bad.mean(), abs=1e-3)


@pytest.mark.parametrize("bad", [[False, False, True, True], [False] * 4])
def test_rows_that_are_told_apart_entirely_leave_the_fit_finite(bad: list[bool]) -> None:
    platt = calibration.fit(np.array([-9.0, -8.0, 8.0, 9.0]), np.array(bad))
    assert np.isfinite([platt.a, platt.b]).all()


@given(
    st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=20),
    st.one_of(st.none(), st.builds(Platt, a=st.floats(0.01, 5), b=st.floats(-5, 5), rows=st.just(1))),
)
def test_probabilities_sum_to_one_and_keep_the_order_of_the_odds(odds: list[float], platt: Platt | None) -> None:
    answers = calibration.probabilities(np.array(sorted(odds)), platt)
    assert answers.dtype == np.float32
    assert ((answers >= 0) & (answers <= 1)).all()
    assert np.abs(answers.sum(axis=1) - 1).max() < 1e-6
    assert (np.diff(answers[:, 1]) >= 0).all()


def test_without_calibration_the_answer_is_softmax() -> None:
    logits = np.array([[2.0, -1.0], [0.5, 0.5]], np.float32)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert calibration.probabilities(calibration.log_odds(logits), None) == pytest.approx(expected)
