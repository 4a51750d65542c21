import random

import pytest

from infra.bench.slope import slope


def test_the_slope_of_a_straight_line_is_exact() -> None:
    seconds = [float(second) for second in range(0, 3_601, 5)]
    line = slope(seconds, [100 + 7 * second / 3_600 for second in seconds])
    assert line is not None
    assert line.per_hour == pytest.approx(7)
    assert line.low == pytest.approx(7)
    assert line.high == pytest.approx(7)


def test_the_interval_of_noise_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(400):
        chance = random.Random(seed)
        seconds = [float(second) for second in range(0, 1_800, 5)]
        line = slope(seconds, [500 + 20 * second / 3_600 + chance.gauss(0, 3) for second in seconds])
        assert line is not None
        held += line.low <= 20 <= line.high
    assert 0.92 < held / 400 < 0.98


def test_too_few_values_have_no_slope() -> None:
    assert slope([], []) is None
    assert slope([1.0, 2.0], [3.0, 4.0]) is None
    assert slope([5.0, 5.0, 5.0], [1.0, 2.0, 3.0]) is None
