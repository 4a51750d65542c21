import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from models.evaluation.mcnemar import mcnemar


def rights(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    first = np.repeat([True, True, False, False], [both, only_first, only_second, neither])
    second = np.repeat([True, False, True, False], [both, only_first, only_second, neither])
    return first, second


def test_p_is_that_worked_out_by_hand() -> None:
    found = mcnemar(*rights(50, 1, 7, 3))
    assert (found.only_first, found.only_second) == (1, 7)
    # Two-sided: 0, 1, 7 or 8 heads of 8 coins.
    assert found.p == pytest.approx(2 * (1 + 8) / 2**8)


def test_many_rows_agree_with_the_chi_square_approximation() -> None:
    found = mcnemar(*rights(5000, 620, 540, 300))
    assert found.p == pytest.approx(chi2.sf((abs(620 - 540) - 1) ** 2 / (620 + 540), 1), rel=0.01)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_order_does_not_matter_and_rows_that_agree_do_not_count(first: int, second: int, same: int) -> None:
    found = mcnemar(*rights(same, first, second, 2))
    assert 0 < found.p <= 1
    assert found.p == pytest.approx(mcnemar(*rights(0, second, first, same)).p)


def test_classifiers_that_never_differ_are_not_told_apart() -> None:
    assert mcnemar(*rights(10, 0, 0, 10)).p == 1
