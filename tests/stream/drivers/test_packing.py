"""Entries of samples as they are stored."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis import Redis

from stream.drivers.packing import LENGTHS, DamagedEntry, hash_of, lists, number, pack, unpack
from stream.drivers.sample import BEYOND, mark_of
from stream.drivers.terms import MAX_WORDS, entry_of
from stream.lexicon.words import COUNT, words

letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=14)
review = st.lists(st.one_of(st.sampled_from(words()), st.sampled_from(["not", "it's", "Größe", "電池", "24"]), letters))


@settings(max_examples=300)
@given(
    st.integers(0, BEYOND - 1),
    st.integers(0, 1439),
    review.map(" ".join),
    st.one_of(st.just(""), letters.map(mark_of)),
)
@example(0, 0, "", "")
@example(BEYOND - 1, 1439, " ".join(f"{a}{b}" for a in "abcdefghijk" for b in "abcdefghijk"), "00000000")
@example(2, 2, "great great", "")
@example(1, 1, f"{words()[0]} {words()[-1]}", "ffffffff")
def test_an_entry_comes_back(place: int, minute: int, text: str, mark: str) -> None:
    content = entry_of(text)
    packed = pack(place, minute, number(content), mark)
    assert (hash_of(packed), unpack(packed)) == (place, (minute, content, mark))


def test_the_longest_entry_comes_back() -> None:
    content = entry_of(" ".join(f"word{a}{b}" for a in "abcdefgh" for b in "abcdefghij"))
    line, _, phrases = content.partition("\n")
    assert (len(line.split()), len(phrases)) == (MAX_WORDS, 2 * (MAX_WORDS - 2))
    assert MAX_WORDS <= 63, "six bits"
    assert unpack(pack(7, 8, number(content)))[1] == content


def test_the_prefix_code_is_whole_and_has_one_for_every_distance() -> None:
    assert sum(2.0**-bits for bits in LENGTHS) == 1
    assert COUNT.bit_length() <= len(LENGTHS)


def test_a_review_takes_a_third_of_its_words() -> None:
    content = entry_of(
        "The tablet works great and my kids love it, but the battery died after two months. Never again!"
    )
    assert len(pack(BEYOND - 1, 700, number(content))) < len(content) / 2.5


def test_what_is_no_entry_is_refused() -> None:
    packed = pack(5, 700, number(entry_of("Battery died after a week")))
    for damaged in (packed[:9], packed[:7], packed[:5], b""):
        with pytest.raises(DamagedEntry):
            unpack(damaged)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 65_535), st.lists(st.binary(max_size=40) | st.binary(min_size=200, max_size=300)))
    )
)
def test_lists_are_read_as_the_script_writes_them(redis_url: str, parts: list[tuple[int, list[bytes]]]) -> None:
    write = """
    local lists, at = {}, 1
    for i = 1, tonumber(ARGV[1]) do
      lists[i], at = {tonumber(ARGV[at + 1])}, at + 2
      for j = 1, tonumber(ARGV[at]) do lists[i][j + 1] = ARGV[at + j] end
      at = at + tonumber(ARGV[at])
    end
    return cmsgpack.pack(lists)"""
    arguments: list[str | bytes] = [str(len(parts))]
    for most, strings in parts:
        arguments += [str(most), str(len(strings)), *strings]
    with Redis.from_url(redis_url) as client:
        content: Any = client.eval(write, 0, *arguments)
    assert lists(content) == parts
    for damaged in (content[:-1], content + b"a"):
        with pytest.raises(DamagedEntry):
            lists(damaged)
