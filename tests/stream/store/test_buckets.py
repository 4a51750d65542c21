"""Buckets in chunks, as the script writes them and Python reads them."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from redis import Redis

from stream.measures import HOUR_MS, P_SCALE
from stream.store.buckets import SIZES, SMALL, DamagedChunk, read_chunk
from stream.store.writer import script
from tests.buckets import packed

ADD = "\nadd_to_chunk(KEYS[1], redis.call('GET', KEYS[1]), cmsgpack.unpack(ARGV[1]))"
FAR = 10_000_000
"""The hour when a chunk of these ends."""


@st.composite
def sums(draw: st.DrawFn) -> list[int]:
    """Counters of a bucket: of a few reviews, of millions, or such as no reviews give."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.lists(st.integers(0, 2**50), min_size=7, max_size=7))
    n = draw(st.one_of(st.integers(1, SMALL + 1), st.integers(1, 5_000_000)))
    good, rated = draw(st.integers(0, n)), draw(st.integers(0, n))
    rated_bad, agree = draw(st.integers(0, rated)), draw(st.integers(0, rated))
    return [n, good, draw(st.integers(0, n * P_SCALE)), rated, draw(st.integers(rated, 5 * rated)), rated_bad, agree]


indices = st.one_of(st.integers(0, 1_439), st.integers(0, 12), st.integers(1_420, 1_439))
gains = st.lists(st.dictionaries(indices, sums(), min_size=1, max_size=12), min_size=1, max_size=8)

MOST = [SMALL, SMALL, SMALL * P_SCALE, SMALL, 5 * SMALL, SMALL, SMALL]


def test_a_number_for_counters_is_one_that_lua_holds_exactly() -> None:
    assert list(read_chunk(packed({0: MOST}), 0, 0)) == [(0, MOST)]
    assert (SMALL + 1) ** 4 * (4 * SMALL + 1) * (SMALL * P_SCALE + 1) < 2**53
    assert SIZES[1:3] == (4, 4)


@settings(max_examples=100)
@given(st.dictionaries(indices, sums(), min_size=1, max_size=20), st.integers(0, 1_440), st.integers(0, 1_440))
def test_what_is_read_of_a_chunk_is_what_was_packed(buckets: dict[int, list[int]], first: int, last: int) -> None:
    found = list(read_chunk(packed(buckets), first, last))
    assert found == sorted(((i, c) for i, c in buckets.items() if first <= i <= last), reverse=True)


@settings(max_examples=100)
@given(gains)
@example([{5: MOST}, {5: MOST}, {4: MOST}, {1_439: MOST}, {211: MOST, 0: MOST}])
@example([{5: [0] * 7, 6: [1, 1, 0, 0, 0, 0, 0]}, {6: [2**50] * 7}])
def test_the_script_adds_as_one_adds(redis_url: str, parts: list[dict[int, list[int]]]) -> None:
    expected: dict[int, list[int]] = {}
    with Redis.from_url(redis_url) as client:
        client.delete("chunk")
        for part in parts:
            flat: list[Any] = ["", FAR * HOUR_MS]
            for index, counters in sorted(part.items()):
                flat += (index, counters)
                expected[index] = [a + b for a, b in zip(expected.get(index, [0] * 7), counters, strict=True)]
            client.eval(script("buckets.lua") + ADD, 1, "chunk", msgspec.msgpack.encode(flat))
        stored: Any = client.get("chunk")
    assert dict(read_chunk(stored, 0, 1_439)) == expected
    assert stored == packed(expected, FAR), "and byte by byte, whatever the order"


def test_a_chunk_says_when_its_life_ends_and_no_late_writer_shortens_it(redis_url: str) -> None:
    now = time.time_ns() // 1_000_000 // HOUR_MS
    with Redis.from_url(redis_url) as client:
        client.delete("chunk")
        for hours, expected in ((9, 9), (5, 9), (30, 30), (30, 30), (29, 30)):
            for index in (7, 7, 3):
                flat = ["", (now + hours) * HOUR_MS, index, MOST]
                client.eval(script("buckets.lua") + ADD, 1, "chunk", msgspec.msgpack.encode(flat))
                stored: Any = client.get("chunk")
                left: Any = client.pttl("chunk")
                assert int.from_bytes(stored[:3], "big") == now + expected
                assert (expected - 2) * HOUR_MS < left <= expected * HOUR_MS


@pytest.mark.parametrize(
    "damaged",
    [
        b"", b"\0", b"\0\0\0", b"\0\0\0\0\0\0", b"\0\0\0\0\5\0\1",
        packed({3: MOST})[:-1], packed({3: MOST, 9: MOST})[:5] + b"\0\0\0\0\1",
    ],
)  # fmt: skip
def test_what_is_no_chunk_is_refused(damaged: bytes) -> None:
    with pytest.raises(DamagedChunk):
        list(read_chunk(damaged, 0, 1_439))
