"""The sample is even, and the same whatever the order."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stream.drivers.packing import number, pack
from stream.drivers.sample import BEYOND, Entry, Part, joined, mark_of, minute_of, places, read_signed, signed, stored
from stream.measures import DAY_MS, MINUTE_MS
from stream.record import TopicPartition
from tests.stream.samples import TP


def test_hashes_are_the_same_for_ever() -> None:
    assert places(TopicPartition("aura.reviews", 3), [0, 7]) == [
        7731402104519754 >> 21,
        6296674826498102 >> 21,
    ]
    assert places(TP, [0, 1, 2**62]) == places(TP, [2**62, 1, 0])[::-1]
    assert places(TP, []) == []


def test_hashes_are_spread_evenly_and_differ_between_partitions() -> None:
    found = places(TP, range(100_000))
    assert len(set(found)) > 99_990
    assert min(found) >= 0
    assert max(found) < BEYOND
    tenths = Counter(value * 10 // BEYOND for value in found)
    assert all(9_500 < tenths[tenth] < 10_500 for tenth in range(10))
    assert len(set(found) & set(places(TopicPartition("aura.reviews", 1), range(100_000)))) < 15


def part(hashes: list[int], most: int) -> Part:
    return Part(most, [Entry(value, 0, str(value)) for value in sorted(hashes)[:most]])


@given(st.lists(st.sets(st.integers(0, 10_000), max_size=60), max_size=6), st.integers(1, 20))
def test_below_the_common_bound_every_review_is_in_and_none_beyond(days: list[set[int]], most: int) -> None:
    parts = [part(list(hashes), most) for hashes in days]
    found = Counter(entry.hash for entry in joined(parts, 0, 1))
    bound = min((one.bound for one in parts), default=BEYOND)
    assert found == Counter(value for hashes in days for value in hashes if value < bound)


def test_a_review_has_the_same_chance_on_a_quiet_day_as_on_a_busy_one() -> None:
    chance = random.Random(3)
    busy, quiet = 0, 0
    for _ in range(200):
        days = [[chance.randrange(BEYOND) for _ in range(size)] for size in (2_000, 200)]
        parts = [part(hashes, 100) for hashes in days]
        found = {entry.hash for entry in joined(parts, 0, 1)}
        busy += len(found & set(days[0]))
        quiet += len(found & set(days[1]))
    assert 0.08 < quiet / busy < 0.12  # a tenth of the reviews, a tenth of the sample


def test_only_reviews_of_the_window_are_in_it() -> None:
    entries = [Entry(number, number * 10, "") for number in range(10)]
    assert [entry.hash for entry in joined([Part(50, entries)], 20, 50)] == [2, 3, 4]


def test_a_stored_part_is_read_as_it_was() -> None:
    day, minute = 19_800, MINUTE_MS
    entries = [Entry(3, day * DAY_MS + 7 * minute + 123, "a b\n01"), Entry(BEYOND - 1, (day + 1) * DAY_MS - 1, "\n")]
    one = pack(3, minute_of(entries[0].occurred_ms), number("a b\n01"))
    other = pack(BEYOND - 1, minute_of(entries[1].occurred_ms), number("\n"))
    bad = bytes([0, 50, 0, 2]) + one[:4] + other[:4] + bytes([len(one) - 4, len(other) - 4]) + one[4:] + other[4:]
    content = len(bad).to_bytes(3, "big") + bad + bytes(4)
    rounded = [Entry(one.hash, one.occurred_ms // minute * minute, one.content) for one in entries]
    assert stored(day, content, of_product=False) == (Part(50, rounded), None)


@given(st.text(min_size=1, max_size=20), st.sampled_from(["a b\n01", "\n"]))
def test_the_mark_of_a_product_comes_off_again(product_id: str, content: str) -> None:
    mark = mark_of(product_id)
    assert read_signed(signed(mark, content)) == (mark, content)
    assert mark != mark_of(product_id + "x")
