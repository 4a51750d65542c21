"""Which words and phrases of a review are kept."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.drivers.terms import MAX_LOOKS, MAX_PHRASES, MAX_WORD_CHARS, MAX_WORDS, READ_CHARS, entry_of, terms_of
from stream.drivers.words import STOP_WORDS


def terms(text: str, title: str | None = None) -> set[str]:
    found = terms_of(entry_of(text, title))
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The battery died.", {"battery", "died", "battery died"}),
        ("It is not good", {"good", "not good"}),
        ("It doesn’t work!", {"work", "doesn't work"}),
        ("never worked", {"worked", "never worked"}),
        ("it is too small", {"small", "too small"}),
        ("The handle fell off", {"handle", "fell", "handle fell", "fell off"}),
        ("Great. Battery, died", {"great", "battery", "died"}),
        ("GREAT great Great", {"great", "great great"}),
        ("work of the lamp", {"work", "lamp"}),
        ("easy-to-clean 4k screen", {"easy", "clean", "4k", "screen", "clean 4k", "4k screen"}),
        ("call 0151-234567 order 4711", {"call", "order"}),
        ("write to jane.doe@mail.example or www.example.org/jane now", {"write"}),
        ("Größe passt nicht", {"größe", "passt", "nicht", "größe passt", "passt nicht"}),
        ("not", set()),
        ("!!! :-) 😀", set()),
        ("", set()),
    ],
)
def test_terms_are_words_that_say_something_and_the_phrases_they_form(text: str, expected: set[str]) -> None:
    assert terms(text) == expected


def test_a_title_is_read_too_and_no_phrase_reaches_into_the_text() -> None:
    assert terms("lamp died", "broken") == {"broken", "lamp", "died", "lamp died"}


@given(st.text(max_size=400), st.none() | st.text(max_size=80))
def test_any_text_gives_bounded_terms_that_stand_in_it(text: str, title: str | None) -> None:
    entry = entry_of(text, title)
    assert entry.count("\n") == 1
    assert len(entry.encode()) <= MAX_WORDS * (MAX_WORD_CHARS * 4 + 1) + 2 * MAX_PHRASES
    read = f"{title or ''} . {text}".lower().replace("’", "'")
    for term in terms(text, title):
        assert all(word in read for word in term.split(" "))
        assert " " in term or term not in STOP_WORDS
        assert not re.search(r"\d\D*\d\D*\d", term.split(" ")[0])


SOME_WORDS = ["good", "bad", "lamp", "works", "not", "never", "too", "off", "the", "broke", ".", ",", "cheap"]


@given(st.lists(st.sampled_from(SOME_WORDS), max_size=60))
def test_phrases_are_neighbours_of_the_text(words: list[str]) -> None:
    text = " ".join(words)
    for term in terms(text):
        assert f" {term} " in f" {text} "


def test_a_long_text_is_read_up_to_a_limit_and_in_little_time() -> None:
    text = " ".join(f"word{a}{b}" for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghijklmnopqrstuvwxyz")
    found = terms(text)
    assert len([term for term in found if " " not in term]) == MAX_WORDS
    assert len([term for term in found if " " in term]) <= MAX_PHRASES
    assert terms("x" * 30 + " lamp " + " " * READ_CHARS + "kettle") == {"lamp"}
    started = time.process_time()
    for hostile in ("a'" * 10_000, "@" * 20_000, "a@ " * 7_000, "www." * 5_000, "\u0130" * 20_000, "'" * 20_000):
        entry_of(hostile, hostile)
    assert time.process_time() - started < 5


@given(st.text(st.characters(max_codepoint=127), max_size=300))
def test_a_text_in_ascii_has_the_words_that_it_has_beside_other_letters(text: str) -> None:
    assert entry_of(text) == entry_of(f"{text} . \u00e9")


def test_more_tokens_than_are_remembered_are_read_as_ever() -> None:
    for number in range(0, MAX_LOOKS + 200, 50):
        words = [
            f"word{chr(97 + n // 676 % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}x{n // 17576}"
            for n in range(number, number + 50)
        ]
        assert terms(" . ".join(words)) == set(words)
    assert terms("The battery died.") == {"battery", "died", "battery died"}
