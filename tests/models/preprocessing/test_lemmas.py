import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.preprocessing import lemmas
from models.preprocessing.lemmas import Lemmas


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        (b"crashes", b"crash"),
        (b"crashing", b"crash"),
        (b"notifications", b"notification"),
        (b"was", b"be"),
        (b"children", b"child"),
        (b"qwrtzp7", b"qwrtzp7"),
    ],
)
def test_forms_of_a_word_become_one(word: bytes, lemma: bytes) -> None:
    assert Lemmas()[word] == lemma


def test_a_contraction_keeps_its_negation() -> None:
    assert Lemmas()[b"don't"] == b"don't"


@given(st.text())
def test_any_text_has_a_lemma_and_always_the_same(text: str) -> None:
    word, found = text.lower().encode("utf-8", "surrogatepass"), Lemmas()
    assert found[word] == found[word] == Lemmas()[word]
    assert bool(found[word]) == bool(word)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lemmas, "REMEMBERED", 3)
    found = Lemmas()
    assert [found[f"word{number}".encode()] for number in range(9)][-1] == b"word8"
    assert len(found) == 3
