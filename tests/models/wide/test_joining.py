"""The better part weighs more, and the last layer gives what the join gives."""

import numpy as np
import pytest

from models.wide import joining


def parts(classes: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums that know the truth, sums of chance, and the truth."""
    random = np.random.default_rng(6)
    truth = random.integers(0, classes, 500)
    knows = np.eye(classes)[truth] * 2 + random.normal(size=(500, classes))
    return knows, random.normal(size=(500, columns)), truth


def test_the_part_that_knows_weighs_more() -> None:
    knows, chance, truth = parts(3, 3)
    one, other = joining.fit(knows.astype(np.float32), chance, truth), joining.fit(chance, knows, truth)
    assert one.layers > 5 * abs(one.wide)
    assert other.wide > 5 * abs(other.layers)


def test_shifts_make_up_for_shares() -> None:
    knows, chance, truth = parts(2, 1)
    keep = (truth == 0) | (np.arange(500) % 5 == 0)
    all_of_them, rare = (joining.fit(knows[k], chance[k], truth[k]) for k in (slice(None), keep))
    assert np.diff(rare.shifts)[0] < np.diff(all_of_them.shifts)[0] - 1


@pytest.mark.parametrize(("classes", "columns"), [(2, 1), (5, 5)])
def test_the_last_layer_gives_the_joined_sums(classes: int, columns: int) -> None:
    random = np.random.default_rng(7)
    seen, wide = random.normal(size=(9, 4)), random.normal(size=(9, columns))
    kernel, bias = random.normal(size=(4 + columns, classes)), random.normal(size=classes)
    join = joining.Join(0.7, 1.9, random.normal(size=classes))
    expected = 0.7 * (seen @ kernel[:4] + bias) + 1.9 * joining.each_class(wide) + join.shifts
    joined, shifts = joining.last_layer(kernel.astype(np.float32), bias.astype(np.float32), columns, join)
    assert np.concatenate([seen, wide], axis=1) @ joined + shifts == pytest.approx(expected, abs=1e-5)
