import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.reliability import BINS, bins, expected_calibration_error

PREDICTED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50)


def test_answers_as_often_right_as_they_say_have_no_calibration_error() -> None:
    happened = np.array([True] * 3 + [False])
    assert expected_calibration_error(np.full(4, 0.75), happened) == pytest.approx(0)


def test_certain_answers_fall_into_the_last_bin() -> None:
    assert expected_calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0
    assert [each.rows for each in bins(np.array([1.0, 0.0]), np.array([True, False]))] == [1] + [0] * (BINS - 2) + [1]


def test_a_bin_is_closed_on_the_right() -> None:
    found = bins(np.array([0.2, 0.2000001]), np.array([True, False]))
    assert [(each.rows, each.observed) for each in found[2:4]] == [(1, 1.0), (1, 0.0)]


def test_errors_of_opposite_sign_do_not_cancel_across_bins() -> None:
    error = expected_calibration_error(np.array([0.9, 0.6]), np.array([False, True]))
    assert error == pytest.approx((0.9 + 0.4) / 2)


@given(PREDICTED)
def test_the_error_is_the_weighted_gap_of_the_bins(rows: list[tuple[float, bool]]) -> None:
    predicted, happened = np.array([p for p, _ in rows]), np.array([h for _, h in rows])
    found = bins(predicted, happened)
    assert sum(each.rows for each in found) == len(rows)
    gaps = [each.rows * abs((each.observed or 0) - (each.predicted or 0)) for each in found]
    assert sum(gaps) / len(rows) == pytest.approx(expected_calibration_error(predicted, happened), abs=1e-12)
