import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation import resampling
from models.evaluation.figures import measure
from models.evaluation.resampling import WeightedFigures, draw
from tests.models.evaluation.samples import BAD, STARS, Answered, answered, noisy


@given(answered(), st.integers(0, 2**32))
def test_a_row_that_counts_three_times_is_three_rows(rows: Answered, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 4, len(rows.truth))
    counts[0] += 1
    weighted = WeightedFigures(*rows)(counts[None].astype(np.float64))
    repeated = measure(np.repeat(rows.truth, counts), np.repeat(rows.probabilities, counts, axis=0), rows.labels)
    assert set(weighted) == set(repeated.values)
    for name, value in repeated.values.items():
        assert weighted[name].shape == (1,)
        assert weighted[name][0] == pytest.approx(np.nan if value is None else value, nan_ok=True, abs=1e-12), name


def test_a_resample_is_as_many_rows_drawn_with_replacement() -> None:
    rows = noisy(400, BAD, seed=1)
    shares = draw(*rows, seed=3, resamples=2000)["share_bad"]
    true = np.mean(rows.truth)
    assert set(np.round(shares * 400, 9) % 1) == {0}
    assert shares.mean() == pytest.approx(true, abs=4 * 0.025 / 2000**0.5)
    assert shares.std() == pytest.approx((true * (1 - true) / 400) ** 0.5, rel=0.08)


def test_the_seed_decides_and_the_size_of_a_piece_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = noisy(50, STARS, seed=2)
    whole = draw(*rows, seed=5, resamples=40)
    monkeypatch.setattr(resampling, "COUNTS_AT_A_TIME", 350)
    pieces = draw(*rows, seed=5, resamples=40)
    assert all(np.allclose(whole[name], pieces[name], rtol=1e-12, equal_nan=True) for name in whole)
    assert not np.array_equal(whole["accuracy"], draw(*rows, seed=6, resamples=40)["accuracy"])


def test_two_classifiers_get_the_same_resamples() -> None:
    first, second = noisy(300, BAD, seed=1), noisy(300, BAD, seed=1, signal=3)
    ours = draw(*first, seed=9, resamples=50)
    theirs = draw(*second, seed=9, resamples=50)
    assert np.array_equal(first.truth, second.truth)
    assert np.allclose(ours["share_bad"], theirs["share_bad"])
    assert not np.allclose(ours["accuracy"], theirs["accuracy"])
