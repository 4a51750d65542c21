import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.preprocessing.cleaning import stop_words, without_punctuation


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("It's good, I can't complain!", "Its good  I cant complain "),
        ("“Lovely” — really…", " Lovely    really "),
        ("naïve café", "naïve café"),
        ("the neighbour’s dog", "the neighbours dog"),
    ],
)
def test_apostrophes_vanish_and_other_punctuation_parts_words(text: str, cleaned: str) -> None:
    assert without_punctuation(text) == cleaned


@given(st.text())
def test_nothing_is_left_to_clean_after_cleaning(text: str) -> None:
    assert without_punctuation(without_punctuation(text)) == without_punctuation(text)


def test_the_list_of_stop_words_is_the_one_that_recipes_were_measured_with() -> None:
    assert len(stop_words()) == 318
    digest = hashlib.sha256(b"\n".join(sorted(stop_words()))).hexdigest()
    assert digest.startswith("40e0a284c5b9a220")
