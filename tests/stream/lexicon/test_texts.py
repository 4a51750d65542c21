"""Texts packed by frequent words come back as they were."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream.lexicon import texts
from stream.lexicon.packing import pack
from stream.lexicon.words import COUNT, ranks, words
from tests.stream.lexicon import plain

tokens = st.one_of(
    st.sampled_from(words()[:400]),
    st.sampled_from(words()),
    st.sampled_from(
        ["", "I", "IT", "it's...", "Great!!!", "x", "\0", "\n", "2nd", "ß.", "İ", "ﬁ", "Größe,", "''", "A.B", "."]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
written = st.lists(
    st.tuples(tokens, st.sampled_from(["", "", "", ".", ",", "!", "...", ")", '"', "....", "!!!!"])), max_size=60
)


@settings(max_examples=300)
@given(written.map(lambda pairs: " ".join(token + ending for token, ending in pairs)), st.sampled_from("lcu"))
@example("", "l")
@example("  two  blanks ", "l")
@example("\x01 \x00\x02\x10", "l")
def test_any_text_comes_back(text: str, case: str) -> None:
    text = text if case == "l" else text.upper() if case == "u" else text.title()
    (packed,) = pack([text])
    assert texts.unpack(packed) == text
    assert packed == plain.pack(text)


@settings(max_examples=100)
@given(st.lists(written.map(lambda pairs: " ".join(token + ending for token, ending in pairs)), max_size=9))
@example([])
@example(["", ""])
@example(["good", " good", "", "é" * 200, "good "])
def test_many_texts_are_packed_as_each_alone(many: list[str]) -> None:
    assert pack(many) == [plain.pack(text) for text in many]


@pytest.mark.parametrize("form", [str, str.upper, str.title, str.capitalize, str.swapcase])
def test_every_form_of_every_word_with_every_ending_is_packed_as_it_is_defined(form: Callable[[str], str]) -> None:
    forms = [
        form(word) + ending
        for rank, word in enumerate(words())
        for ending in ("", texts.ENDINGS[rank % len(texts.ENDINGS)], "....", "a")
    ]
    assert pack(forms) == list(map(plain.pack, forms))


def test_every_word_and_every_ending_is_packed_shortly() -> None:
    for rank, word in enumerate(words()):
        assert len(plain.pack(word)) == (1 if rank < 176 else 2)
    assert len(plain.pack("movie!!! Movie, MOVIE")) == 2 + 3 + 2


def test_a_review_takes_less_than_half() -> None:
    text = "The tablet works great and my kids love it, but the battery died after two months. Would not buy again!"
    assert len(*pack([text])) < len(text) * 0.4


@pytest.mark.parametrize("damaged", [b"", b"\x01abc", b"\xc0", b"\x04", b"\x00", b"\x02"])
def test_what_is_no_packed_text_is_refused(damaged: bytes) -> None:
    with pytest.raises(texts.DamagedText):
        texts.unpack(damaged)


def test_many_different_texts_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MEMORY", 50)
    for number in range(200):
        text = f"unheard{number}"
        assert texts.unpack(*pack([text])) == text
    assert len(texts._tokens()) <= 52


def test_the_words_are_as_many_and_as_different_as_their_codes() -> None:
    assert len(words()) == len(ranks()) == COUNT == 176 + 64 * 256
    assert not any(set(word) & set(" \n\0") for word in words())
