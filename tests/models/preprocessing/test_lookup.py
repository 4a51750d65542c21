"""Words are found by their bytes, as a dictionary finds them."""

from typing import get_args

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.manifest import Side
from models.preprocessing.lookup import Lookup
from models.preprocessing.tokenizer import FILTERS, Read, Vocabulary, words

# Few letters, so that words are often equal but for one byte or their length, around the eight that a key holds; NUL is
# a letter like any other.
WORD = st.text("ab\0é", min_size=1, max_size=12)
TEXT = st.one_of(
    st.lists(st.one_of(WORD, st.text("ab", min_size=7, max_size=9)), max_size=12).map(" ".join),
    st.text(st.characters()),
    st.text("aAbB \0\n'’ıİßΣςK\ud800\U0001f600!"),
)
SIDE = st.sampled_from(get_args(Side))


def plain(vocabulary: Vocabulary, texts: list[str], length: int, cut: Side, pad: Side) -> Read:
    """Through a dictionary, one word after the other."""
    ids = np.zeros((len(texts), length), np.int32)
    number_of = {word: number for number, word in enumerate(vocabulary.ordered, start=1)}
    counts, unknown = [], []
    for row, text in zip(ids, texts, strict=True):
        spelled = [word for word in words(text) if word]
        known = [number_of[word] for word in spelled if word in number_of]
        counts.append(len(spelled))
        unknown.append(len(spelled) - len(known))
        kept = known[:length] if cut == "end" else known[max(0, len(known) - length) :]
        start = 0 if pad == "end" else length - len(kept)
        row[start : start + len(kept)] = kept
    return Read(ids, counts, unknown)


def same(found: Read, expected: Read) -> bool:
    return np.array_equal(found.ids, expected.ids) and found[1:] == expected[1:]


@given(st.lists(TEXT, max_size=6), st.lists(TEXT, max_size=6), st.integers(1, 8), SIDE, SIDE)
def test_texts_are_read_as_through_a_dictionary(
    fitted_on: list[str], texts: list[str], length: int, cut: Side, pad: Side
) -> None:
    vocabulary = Vocabulary.fit(fitted_on, num_words=30)
    texts = [*texts, *fitted_on]
    expected = plain(vocabulary, texts, length, cut, pad)
    assert same(vocabulary.read(texts, length, cut=cut, pad=pad), expected)
    # And by the way that words take which are read as their lemma, if each word is its own.
    assert same(vocabulary.read(texts, length, cut=cut, pad=pad, form=bytes), expected)


@given(st.sets(st.binary(min_size=1, max_size=20).filter(lambda word: b" " not in word), max_size=40), st.data())
def test_any_bytes_without_a_blank_are_a_word(vocabulary: set[bytes], data: st.DataObject) -> None:
    ordered = sorted(vocabulary)
    anything = st.one_of(st.sampled_from([*ordered, b""]), st.binary(max_size=20))
    texts = data.draw(st.lists(st.lists(anything, max_size=10).map(b" ".join), max_size=6))
    ids, counts, unknown = Lookup(ordered, bytes(range(256))).read(texts, 40, cut_front=False, pad_front=False)
    for row, count, lacking, text in zip(ids, counts, unknown, texts, strict=True):
        spelled = [word for word in text.split(b" ") if word]
        known = [ordered.index(word) + 1 for word in spelled if word in vocabulary]
        assert row.tolist() == known[:40] + [0] * (40 - len(known))
        assert (count, lacking) == (len(spelled), len(spelled) - len(known))


def test_a_megabyte_is_read_like_a_line() -> None:
    vocabulary = Vocabulary([b"lamp", b"a" * 300_000, b"leaks"], num_words=10)
    text = f"{'A' * 300_000} unheard-of {'lamp!' * 100_000} {'a' * 300_001}\n{FILTERS * 1000}Leaks"
    expected = plain(vocabulary, [text, "", text], 150, "front", "end")
    assert expected.words == [100_005, 0, 100_005]
    assert same(vocabulary.read([text, "", text], 150, cut="front"), expected)


def test_no_texts_and_no_vocabulary_are_read() -> None:
    assert Vocabulary([b"lamp"], num_words=10).read([], 5).ids.shape == (0, 5)
    read = Vocabulary([], num_words=10).read(["A lamp", ""], 5)
    assert same(read, Read(np.zeros((2, 5), np.int32), [2, 0], [2, 0]))
