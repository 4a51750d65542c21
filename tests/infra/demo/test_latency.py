"""Latencies: each review's own time from publish until the fence has passed it."""

import time

import pytest
from redis import Redis

from infra.demo.fences import Fences
from infra.demo.latency import LatencyWatch
from stream.record import TopicPartition
from stream.store.keys import fence_field, fence_key


def test_a_review_counts_once_the_fence_of_its_partition_has_passed_it() -> None:
    fences: dict[int, int] = {}
    watch = LatencyWatch(lambda: fences)
    watch.published()(0, 0)
    watch.published()(0, 1)
    watch.published()(1, 0)
    watch.look()
    assert watch.passed == 0
    fences[0] = 0
    watch.look()
    assert watch.passed == 1
    fences.update({0: 1, 1: 5})
    watch.look()
    assert watch.passed == 3


def test_a_fence_that_was_there_before_the_acknowledgement_still_counts() -> None:
    watch = LatencyWatch(lambda: {0: 10})
    watch.look()
    watch.published()(0, 10)
    watch.look()
    assert watch.passed == 1


def test_percentiles_are_those_of_single_reviews_by_nearest_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    fence = {0: -1}
    watch = LatencyWatch(lambda: fence)
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    reports = [watch.published() for _ in range(100)]
    for offset, report in enumerate(reports):
        report(0, offset)
    for offset in range(100):  # the n-th review is readable after n ms
        clock[0] = 100.0 + (offset + 1) / 1000
        fence[0] = offset
        watch.look()
    assert watch.percentile_ms(0.50) == 50.0
    assert watch.percentile_ms(0.99) == 99.0
    assert watch.percentile_ms(1.0) == 100.0
    assert watch.moved_at == clock[0]


def test_without_a_review_there_is_no_percentile() -> None:
    assert LatencyWatch(dict).percentile_ms(0.5) is None


def test_it_looks_by_itself_until_it_is_closed() -> None:
    fence = {0: -1}
    with LatencyWatch(lambda: fence) as watch:
        watch.published()(0, 0)
        fence[0] = 0
        deadline = time.monotonic() + 20
        while watch.passed == 0:
            assert time.monotonic() < deadline
    watch.published()(0, 0)
    assert watch.passed == 1


def test_fences_stay_as_last_known_while_redis_is_away(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.hset(fence_key(0), fence_field("aura.reviews", 2), 41)
        client.hset(fence_key(0), fence_field("other", 2), 99)
        fences = Fences(client, "aura.reviews")
        assert fences.by_partition() == {2: 41}
        client.connection_pool.disconnect()
        client.connection_pool.connection_kwargs["port"] = 1
        assert fences.by_partition() == {2: 41}
        assert fences.by_topic_partition() == {TopicPartition("aura.reviews", 2): 41}
