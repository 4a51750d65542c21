"""Texts packed by frequent words come back as they were."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream.lexicon import texts
from stream.lexicon.words import COUNT, ranks, words

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
    assert texts.unpack(texts.pack(text)) == text


def test_every_word_and_every_ending_is_packed_shortly() -> None:
    for rank, word in enumerate(words()):
        assert len(texts.pack(word)) == (1 if rank < 176 else 2)
    assert len(texts.pack("movie!!! Movie, MOVIE")) == 2 + 3 + 2


def test_a_review_takes_less_than_half() -> None:
    text = "The tablet works great and my kids love it, but the battery died after two months. Would not buy again!"
    assert len(texts.pack(text)) < len(text) * 0.4


@pytest.mark.parametrize("damaged", [b"", b"\x01abc", b"\xc0", b"\x04", b"\x00", b"\x02"])
def test_what_is_no_packed_text_is_refused(damaged: bytes) -> None:
    with pytest.raises(texts.DamagedText):
        texts.unpack(damaged)


def test_many_different_texts_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MEMORY", COUNT + 50)
    for number in range(200):
        text = f"unheard{number}"
        assert texts.unpack(texts.pack(text)) == text
    assert len(texts._codes()) <= COUNT + 52
    assert len(texts._tokens()) <= COUNT + 52


def test_the_words_are_as_many_and_as_different_as_their_codes() -> None:
    assert len(words()) == len(ranks()) == COUNT == 176 + 64 * 256
    assert not any(set(word) & set(" \n\0") for word in words())
