"""Entries of samples as they are stored."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis import Redis

from stream.drivers.packing import (
    HASH_BYTES,
    LENGTHS,
    OF_PRODUCT_BYTES,
    DamagedEntry,
    hash_of,
    lists,
    number,
    pack,
    unpack,
)
from stream.drivers.sample import BEYOND, mark_of
from stream.drivers.terms import MAX_WORDS, entry_of
from stream.lexicon.words import COUNT, words
from stream.store.writer import script

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


ADD = """
local new, bound = with_entries(redis.call('GET', KEYS[1]), tonumber(ARGV[1]), {unpack(ARGV, 4)}, tonumber(ARGV[2]),
  tonumber(ARGV[3]))
if new then redis.call('SET', KEYS[1], new) end
return bound"""

hashes = st.one_of(st.integers(0, 40), st.integers(0, BEYOND - 1))
contents = st.one_of(st.binary(min_size=1, max_size=40), st.binary(min_size=250, max_size=700))


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(1, 2), st.integers(1, 12), st.dictionaries(hashes, contents, min_size=1, max_size=9)),
        max_size=16,
    ),
    st.sampled_from([HASH_BYTES, OF_PRODUCT_BYTES]),
)
@example([(1, 4, {number: b"x"}) for number in (7, 3, 5, 5, 1, 9, 0)], HASH_BYTES)
@example([(1, 9, {number: b"x"}) for number in (7, 300, 5, 257, 1)], OF_PRODUCT_BYTES)
@example([(2, 12, {number: b"y" * 300}) for number in (7, 3, 5, 9)] + [(1, 2, {4: b"z", 1: b"z" * 256})], HASH_BYTES)
def test_lists_hold_what_a_sample_is_to_keep(
    redis_url: str, offers: list[tuple[int, int, dict[int, bytes]]], hash_bytes: int
) -> None:
    shift = 8 * (4 - hash_bytes)
    expected: list[tuple[int, dict[int, bytes]]] = [(0, {}), (0, {})]
    add = script("samples.lua") + ADD
    with Redis.from_url(redis_url) as client:
        client.delete("sample")
        for which, limit, offered in offers:
            most, held = expected[which - 1]
            most = min(most or limit, limit)
            entries = [place.to_bytes(4, "big") + content for place, content in sorted(offered.items())]
            bound = client.eval(add, 1, "sample", which, limit, hash_bytes, *entries)
            offered = {place >> shift: content for place, content in sorted(offered.items(), reverse=True)}
            kept = dict(sorted((offered | held).items())[:most])
            assert bound == (max(kept) if len(kept) == most else -1)
            if kept.keys() - held.keys():  # else it stays as it is, though it may hold less by now
                expected[which - 1] = most, kept
        stored: Any = client.get("sample")
    assert lists(stored or bytes.fromhex("000004 00000000 00000000"), hash_bytes) == [
        (most, [(place << shift).to_bytes(4, "big") + content for place, content in held.items()])
        for most, held in expected
    ]


@pytest.mark.parametrize(
    "damaged",
    ["", "000004", "00000400000000", "00000400000000000000", "000004000000000000000000", "0000040000000000010001",
     "000004000000000001000100000005050a", "000004000000000001000100000005000003ff"],
)  # fmt: skip
def test_what_are_no_lists_is_refused(damaged: str) -> None:
    with pytest.raises(DamagedEntry):
        lists(bytes.fromhex(damaged), HASH_BYTES)
