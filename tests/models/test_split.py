import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.manifest import SplitKind
from models.split import divide, normalised

KINDS = st.sampled_from(["random", "by-text"])
TEXTS = st.lists(
    st.sampled_from([f"{number} {word}" for number in range(30) for word in ("x", "X", " x\n")]), min_size=60
)


@given(TEXTS, KINDS, st.sampled_from([0.0, 0.1, 0.3]), st.integers(0, 99))
def test_every_row_is_in_exactly_one_part(texts: list[str], kind: SplitKind, share: float, seed: int) -> None:
    try:
        parts = divide(texts, kind, validation=share, seed=seed)
    except ValueError:
        assert len(set(map(normalised, texts))) < 10
        return
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(texts)))
    assert (len(parts.validation) > 0) == (share > 0)


@given(TEXTS, st.integers(0, 99))
def test_by_text_equal_texts_stay_on_one_side(texts: list[str], seed: int) -> None:
    try:
        parts = divide(texts, "by-text", validation=0.2, seed=seed)
    except ValueError:
        assert len(set(map(normalised, texts))) < 10
        return
    sides = [{normalised(texts[row]) for row in part} for part in parts]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


def test_validation_shares_no_text_with_training_in_a_random_split_either() -> None:
    texts = [f"text {number % 50}" for number in range(500)]
    parts = divide(texts, "random", validation=0.2, seed=1)
    assert len(parts.test) == 100
    assert not {texts[row] for row in parts.train} & {texts[row] for row in parts.validation}


@pytest.mark.parametrize("kind", ["random", "by-text"])
def test_the_seed_decides(kind: SplitKind) -> None:
    texts = [f"text {number}" for number in range(100)]
    again = [divide(texts, kind, validation=0.1, seed=seed).test.tolist() for seed in (5, 5, 6)]
    assert again[0] == again[1]
    assert again[0] != again[2]
