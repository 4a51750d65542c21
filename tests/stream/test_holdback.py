"""The arithmetic of holding back."""

from hypothesis import given
from hypothesis import strategies as st

from stream.holdback import REFRESH_SECONDS, FenceGate
from stream.record import TopicPartition


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_undelivered_bytes_count_against_every_partition() -> None:
    gate = FenceGate("t", dict, limit=100)
    assert gate.try_reserve(60)
    gate.delivered(0, 0, 60)
    assert gate.try_reserve(40)
    assert not gate.try_reserve(1)
    gate.delivered(1, 0, 40)
    assert gate.outstanding == 60
    assert gate.try_reserve(40)


def test_what_the_fence_has_passed_no_longer_counts() -> None:
    fences: dict[TopicPartition, int] = {}
    gate = FenceGate("t", lambda: fences, limit=100, clock=Clock())
    for offset in range(2):
        assert gate.try_reserve(50)
        gate.delivered(3, offset, 50)
    assert not gate.try_reserve(1)
    fences[TopicPartition("other", 3)] = 9
    gate.refresh()
    assert not gate.try_reserve(1)
    fences[TopicPartition("t", 3)] = 0
    gate.refresh()
    assert gate.outstanding == 50
    assert gate.try_reserve(50)


def test_a_failed_record_gives_its_bytes_back() -> None:
    gate = FenceGate("t", dict, limit=100)
    assert gate.try_reserve(100)
    gate.failed(100)
    assert gate.outstanding == 0


def test_a_record_larger_than_the_limit_goes_alone() -> None:
    gate = FenceGate("t", dict, limit=100)
    assert gate.try_reserve(500)
    assert not gate.try_reserve(1)


def test_the_store_is_asked_at_most_every_20_ms() -> None:
    asked = 0
    now = 100.0

    def applied() -> dict[TopicPartition, int]:
        nonlocal asked
        asked += 1
        return {}

    gate = FenceGate("t", applied, clock=lambda: now)
    for _ in range(5):
        gate.refresh()
    assert asked == 1
    now += 2 * REFRESH_SECONDS
    gate.refresh()
    assert asked == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60), st.booleans()), max_size=200))
def test_no_partition_ever_holds_more_than_the_limit(steps: list[tuple[int, int, bool]]) -> None:
    """Each step sends a record to a partition, or has the workers apply all that this partition holds."""
    limit = 150
    fences: dict[TopicPartition, int] = {}
    held: dict[int, list[int]] = {}
    ends: dict[int, int] = {}
    gate = FenceGate("t", lambda: fences, limit=limit, clock=Clock())
    for partition, size, apply in steps:
        if apply:
            fences[TopicPartition("t", partition)] = ends.get(partition, 0) - 1
            held[partition] = []
            gate.refresh()
        elif gate.try_reserve(size):
            gate.delivered(partition, ends.get(partition, 0), size)
            ends[partition] = ends.get(partition, 0) + 1
            held.setdefault(partition, []).append(size)
        assert max((sum(sizes) for sizes in held.values()), default=0) == gate.outstanding <= limit
