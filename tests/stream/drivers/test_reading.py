"""The compiled loop reads a review as it is defined."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream.drivers.packing import number
from stream.drivers.reading import read
from stream.drivers.terms import MAX_PHRASES, MAX_WORD_CHARS, MAX_WORDS, entry_of
from stream.drivers.words import STOP_WORDS
from stream.lexicon.words import words

tokens = st.one_of(
    st.sampled_from(words()),
    st.sampled_from(sorted(STOP_WORDS)),
    st.sampled_from(
        ["", "it's", "ain't", "xn't", "n't", "rock'n'roll", "''", "a'", "'b", "4k", "123", "a1b2", "a1b2c3"]
    ),
    st.sampled_from(
        ["www.x", "a@b", "’", "isn’t", "Größe", "\x1c", "\x85", "\0", "\u212a", "İ", "-", "well-made", "_"]
    ),
    st.text(st.sampled_from("aAbB'1-. \n"), max_size=30),
    st.text(st.characters(max_codepoint=127), max_size=12),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
texts = st.lists(tokens, max_size=150).map(" ".join)


def plainly(text: str, title: str | None) -> int:
    return number(entry_of(text, title))


@settings(max_examples=400)
@given(texts, st.none() | texts)
@example("x" * MAX_WORD_CHARS + " " + "y" * (MAX_WORD_CHARS + 1), "x" * (MAX_WORD_CHARS + 1))
@example("abcdefgh abcdefghij abcdefghi abcdefgh", "abcdefghij")
@example("good n't. good, not good", "")
def test_a_review_is_read_as_it_is_defined(text: str, title: str | None) -> None:
    assert read([(text, title)]) == [plainly(text, title)]


@settings(max_examples=100)
@given(st.lists(st.tuples(texts, st.none() | texts), max_size=8))
@example([])
@example([("", ""), ("", None)])
@example([("good lamp", None), ("é", None), ("good", "lamp"), ("lamp good", None)])
def test_reviews_are_read_as_each_alone(reviews: list[tuple[str, str | None]]) -> None:
    assert read(reviews) == [plainly(text, title) for text, title in reviews]


def test_limits_of_words_and_phrases_are_those_of_the_definition() -> None:
    letters = "abcdefghijklmnopqrst"
    spelled = [f"{a}{b}" for a in letters for b in letters]
    for size in (MAX_WORDS - 2, MAX_WORDS - 1, MAX_WORDS, MAX_WORDS + 1, 3 * MAX_WORDS):
        for text in (
            " ".join(spelled[:size]),
            " the ".join(spelled[:size]),
            ". ".join(spelled[: MAX_WORDS - 1]) + f". {spelled[-1]} {spelled[-2]}",
            " ".join(f"{first} {second}" for first in spelled[:9] for second in spelled[: size // 4]),
            " ".join(f"{word}{'z' * 22}" for word in spelled[:size]),
            " ".join(f"{word}4" for word in spelled[:size]),
        ):
            assert read([(text, None)]) == [plainly(text, None)]
    assert MAX_PHRASES < 9 * 3 * MAX_WORDS // 4
