import numpy as np
import pytest
from scipy.special import softmax

from models import calibration, scaling
from models.manifest import Platt


def drawn(rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Sums of a classifier that is too sure by a half and shifted, and classes drawn from what it should have said."""
    random = np.random.default_rng(3)
    logits = random.normal(0, 2, (rows, 5)).astype(np.float32)
    shares = softmax(0.5 * logits + np.array([0, 0.3, -0.6, 0.2, 1.0]), axis=1)
    truth = (random.random(rows)[:, None] > shares.cumsum(axis=1)).sum(axis=1).astype(np.intp)
    return logits, np.minimum(truth, 4)


def test_slope_and_shifts_are_found_again() -> None:
    found = scaling.fit(*drawn())
    assert found.a == pytest.approx(0.5, abs=0.03)
    assert found.shifts == pytest.approx((0, 0.3, -0.6, 0.2, 1.0), abs=0.08)
    assert found.rows == 20_000


def test_mean_probabilities_are_the_shares_of_the_rows_it_was_fitted_on() -> None:
    logits, truth = drawn()
    said = scaling.answers(logits, scaling.fit(logits, truth)).mean(axis=0)
    assert said == pytest.approx(np.bincount(truth) / len(truth), abs=1e-3)


def test_with_two_classes_it_is_platt_scaling() -> None:
    logits, truth = drawn()
    bad = truth >= 3
    platt = calibration.fit(calibration.log_odds(logits[:, :2]), bad)
    found = scaling.fit(logits[:, :2], bad.astype(np.intp))
    assert (found.a, found.shifts[1]) == pytest.approx((platt.a, platt.b), abs=1e-3)


def test_classes_that_are_told_apart_perfectly_keep_it_finite() -> None:
    truth = np.arange(50) % 5
    found = scaling.fit(20 * np.eye(5, dtype=np.float32)[truth], truth)
    assert np.isfinite([found.a, *found.shifts]).all()
    assert scaling.answers(20 * np.eye(5, dtype=np.float32), found).max() < 0.95


def test_a_class_without_rows_keeps_it_finite() -> None:
    logits, truth = drawn(500)
    found = scaling.fit(logits[truth != 2], truth[truth != 2])
    assert np.isfinite([found.a, *found.shifts]).all()


def test_each_number_of_classes_has_its_own_calibration() -> None:
    logits = np.array([[0.5, 1.5, 0, 0, 0]], np.float32)
    two = scaling.answers(logits[:, :2], Platt(a=2, b=-2, rows=9))
    assert two == pytest.approx(np.array([[0.5, 0.5]]))
    five = scaling.answers(logits, Platt(a=0, b=0, rows=9, shifts=(0, 0, 0, 0, np.log(4))))
    assert five == pytest.approx(np.array([[0.125, 0.125, 0.125, 0.125, 0.5]]))
    assert scaling.answers(logits, None) == pytest.approx(softmax(logits, axis=1))


def test_no_reviews_give_no_answers() -> None:
    assert scaling.answers(np.zeros((0, 5), np.float32), None).shape == (0, 5)


@pytest.mark.parametrize("classes", [2, 5])
def test_rows_that_would_turn_the_ranking_round_leave_the_answers_as_they_are(classes: int) -> None:
    random = np.random.default_rng(1)
    truth = (np.arange(60) % classes).astype(np.intp)
    logits = (random.normal(0, 0.1, (60, classes)) - 2 * np.eye(classes)[truth]).astype(np.float32)
    found = scaling.fit_any(logits, truth)
    assert scaling.answers(logits, found) == pytest.approx(softmax(logits, axis=1), abs=1e-6)
    assert found.rows == 60
    assert scaling.fit_any(-logits, truth).a > 0
