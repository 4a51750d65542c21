"""Stalls, by a clock that the test holds and by a store that stands still."""

import itertools
import time

import pytest

from infra.bench.stalls import Stalls, longest_gap


@pytest.mark.parametrize(
    ("begin", "end", "longest"),
    [(0, 10, 4.0), (1.5, 2.5, 1.0), (4, 5, 4.0), (7.5, 7.6, 1.0), (20, 30, 0.0)],
)
def test_a_gap_counts_in_every_window_that_it_touches_with_its_whole_length(
    begin: float, end: float, longest: float
) -> None:
    assert longest_gap([0.0, 1.0, 2.0, 3.0, 7.0, 8.0], begin, end) == longest


def test_nobody_knows_how_long_what_has_no_end_will_be() -> None:
    assert longest_gap([5.0], 0, 100) == longest_gap([], 0, 100) == 0


def test_a_partition_that_stands_still_shows_and_the_others_do_not() -> None:
    looks = itertools.count()
    stands = range(20, 60)

    def applied() -> dict[int, int]:
        look = next(looks)
        return {0: look, 1: stands.start if look in stands else look}

    began = time.monotonic()
    with Stalls(applied) as stalls:
        while next(looks) < 100:
            time.sleep(0.01)
        ended = time.monotonic()
    found = stalls.longest(began, ended)
    assert found[1] > found[0] > 0
    assert stalls.moved_since(began) == {0, 1}
    assert stalls.moved_since(time.monotonic()) == set()


def test_what_goes_wrong_on_its_thread_is_told() -> None:
    def away() -> dict[int, int]:
        raise ConnectionError("no store")

    with pytest.raises(ConnectionError, match="no store"), Stalls(away) as stalls:
        stalls._thread.join(60)
