"""Old reviews again, in time order."""

import pytest

from stream.event import ReviewEvent
from stream.readers.rows import Accepted
from stream.replay import ReplayTooLong, in_time_order, timed

HOUR = 3_600_000


def review(number: int, at: int) -> Accepted:
    return Accepted(number, number + 1, ReviewEvent(f"e-{number}", "shop", "kettle", "Fine.", 1_600_000_000_000 + at))


ROWS = [review(1, 5 * HOUR), review(2, 0), review(3, 2 * HOUR), review(4, 0)]


def test_events_come_by_time_and_equal_times_in_the_files_order() -> None:
    assert [event.event_id for event in in_time_order(ROWS)] == ["e-2", "e-4", "e-3", "e-1"]


def test_more_than_can_be_sorted_is_refused() -> None:
    assert len(in_time_order(ROWS, most=4)) == 4
    with pytest.raises(ReplayTooLong, match="more than 3 reviews") as caught:
        in_time_order(ROWS, most=3)
    assert caught.value.most == 3


def test_gaps_are_divided_by_the_speed_and_times_left_alone() -> None:
    events = in_time_order(ROWS)
    replayed = list(timed(events, speed=3600))
    assert [each.seconds for each in replayed] == [0, 0, 2, 5]
    assert [each.event for each in replayed] == events


def test_shifted_to_now_each_event_happens_when_it_is_sent() -> None:
    replayed = list(timed(in_time_order(ROWS), speed=3600, now_ms=1_700_000_000_000))
    assert [each.event.occurred_ms - 1_700_000_000_000 for each in replayed] == [0, 0, 2_000, 5_000]
    assert [each.event.event_id for each in replayed] == ["e-2", "e-4", "e-3", "e-1"]


def test_nothing_to_replay() -> None:
    assert list(timed([], speed=1)) == []
