"""The demo's events: a past in time order that ends now, and one line on how the workers are."""

from itertools import islice, pairwise

from infra.demo.live import status_line
from infra.demo.traffic import RECENT_MS, WEEK_MS, WEEK_REVIEWS, around, just_now, week_before
from stream.event import MAX_FUTURE
from stream.store.state import PartitionStatus, WorkerStatus

AT_MS = 1_750_000_000_000


def test_the_week_before_is_sparse_and_ends_where_the_last_half_hour_begins() -> None:
    events = list(week_before(1, AT_MS))
    assert 0.9 * WEEK_REVIEWS < len(events) < 1.1 * WEEK_REVIEWS
    assert AT_MS - WEEK_MS <= events[0].occurred_ms < events[-1].occurred_ms < AT_MS - RECENT_MS
    assert {event.tenant for event in events} == {"shop", "bank", "cinema"}


def test_the_present_follows_the_last_half_hour_without_a_gap() -> None:
    rate = 10.0
    events = list(islice(around(1, AT_MS, rate), int(rate * RECENT_MS / 1000 * 1.2)))
    assert events[0].occurred_ms < AT_MS - RECENT_MS + 60_000
    assert events[-1].occurred_ms > AT_MS
    assert all(a.occurred_ms <= b.occurred_ms for a, b in pairwise(events))
    assert max(b.occurred_ms - a.occurred_ms for a, b in pairwise(events)) < 10_000
    assert len({event.event_id for event in events}) == len(events)


def test_so_many_reviews_of_the_last_half_hour_are_never_too_far_in_the_future() -> None:
    events = list(just_now(1, AT_MS, 2_000))
    assert len(events) == 2_000
    assert max(event.occurred_ms for event in events) < AT_MS + MAX_FUTURE.total_seconds() * 1000


def test_the_status_line_adds_the_workers_up() -> None:
    def worker(name: str, partition: int, fence: int, end: int) -> WorkerStatus:
        partitions = [PartitionStatus("aura.reviews", partition, fence, end, 0.0)]
        return WorkerStatus(name, "CPU (2 cores)", {}, 1234.5, 1, partitions, AT_MS)

    line = status_line([worker("a", 0, 999, 1200), worker("b", 1, -1, 0)])
    assert "2,469 reviews/s" in line
    assert "1,000 counted" in line
    assert "200 waiting" in line
    assert "2 dead letters" in line
    assert "CPU (2 cores)" in line
    assert status_line([]) == "no worker gives a sign of life"
