"""What a heart-beat notices, over a store in memory."""

from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from stream import metrics
from stream.health import Health
from stream.heartbeat import AHEAD, KAFKA_AWAY, REDIS_AWAY, Ends, Heartbeat
from stream.positions import Positions
from stream.record import TopicPartition
from stream.retry import Troubles
from stream.store.state import PartitionStatus, StoreUnavailable, WorkerStatus
from tests.stream.clock import Clock
from tests.stream.samples import TP, run
from tests.stream.test_pipeline import MemoryWriter


class BeatWriter(MemoryWriter):
    """Keeps the last heart-beat."""

    away = False

    async def heartbeat(self, status: WorkerStatus) -> None:
        self.status = status
        if self.away:
            raise StoreUnavailable("Redis did not answer")


class IdleRunner:
    """Notes what it is asked to read again."""

    def __init__(self) -> None:
        self.applied_records = 0
        self.dead_letters = 0
        self.paused: str | None = None
        self.rewound: list[tuple[TopicPartition, int]] = []

    def tell_of_letters(self) -> None:
        """There are none."""

    async def lost_data(self, tp: TopicPartition, offset: int) -> None:
        self.rewound.append((tp, offset))


def heartbeat(positions: Positions, writer: Any, runner: Any, ends: Ends, troubles: Troubles) -> Heartbeat:
    health = Health(positions, troubles)
    return Heartbeat("w1", "CPU", positions, runner, writer, ends, troubles=troubles, health=health)


@pytest.mark.parametrize(("end", "moves_to", "warned"), [(10, 9, False), (10, 14, False), (5, 9, True)])
async def test_only_a_store_that_was_ahead_before_the_log_was_asked_is_called_so(
    end: int, moves_to: int, warned: bool
) -> None:
    positions, writer, runner = Positions(), BeatWriter([9]), IdleRunner()
    positions.assign({TP: [9]})

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        # A batch is applied while the log's answer is on its way.
        dict(positions.items())[TP].fences[0] = writer.stored[0] = moves_to
        return dict.fromkeys(partitions, end)

    with capture_logs() as logs:
        await heartbeat(positions, writer, runner, ends, troubles := Troubles()).beat({})
    assert any("ahead of the log" in entry["event"] for entry in logs) == troubles.held_by("topic") == warned
    assert [(partition.fence, partition.end) for partition in writer.status.partitions] == [(moves_to, end)]
    assert runner.rewound == []


async def test_a_store_that_was_emptied_is_noticed_and_counted_though_nothing_comes() -> None:
    positions, runner = Positions(), IdleRunner()
    positions.assign({TP: [9]})

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 10)

    before = metrics.REFUSED_RUNS.labels("behind")._value.get()
    await heartbeat(positions, BeatWriter([-1]), runner, ends, Troubles()).beat({})
    assert runner.rewound == [(TP, 0)]
    assert metrics.REFUSED_RUNS.labels("behind")._value.get() - before == 1


async def test_a_kafka_and_a_redis_that_do_not_answer_are_causes_from_outside_until_they_do() -> None:
    positions, writer, troubles = Positions(), BeatWriter([9]), Troubles()
    positions.assign({TP: [9]})
    away = True

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        if away:
            raise ConnectionError("no broker")
        return dict.fromkeys(partitions, 10)

    heart = heartbeat(positions, writer, IdleRunner(), ends, troubles)
    writer.away = True
    with capture_logs() as logs:
        for _ in range(20):
            await heart.beat({})
        assert [(trouble.what, trouble.outside) for trouble in troubles.current()] == [
            (KAFKA_AWAY, True), (REDIS_AWAY, True),
        ]  # fmt: skip
        assert troubles.held_by("kafka")
        assert troubles.held_by("redis")
        away = writer.away = False
        await heart.beat({})
    assert troubles.current() == []
    assert [entry["event"] for entry in logs] == [KAFKA_AWAY, REDIS_AWAY, f"over: {KAFKA_AWAY}", f"over: {REDIS_AWAY}"]
    assert writer.status.held_up is None, "troubles that short are blips"


async def test_a_worker_without_partitions_notices_too_that_kafka_is_away() -> None:
    troubles, away = Troubles(), True

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        assert partitions == []
        if away:
            raise ConnectionError("no broker")
        return {}

    heart = heartbeat(Positions(), BeatWriter([9]), IdleRunner(), ends, troubles)
    await heart.beat({})
    assert troubles.held_by("kafka")
    away = False
    await heart.beat({})
    assert not troubles.held_by("kafka")


async def test_what_others_should_know_stands_in_the_heart_beat() -> None:
    positions, writer, troubles = Positions(), BeatWriter([9]), Troubles(clock := Clock())
    positions.assign({TP: [9]})
    troubles.seen("holding a batch back", "the dead-letter topic does not acknowledge")
    clock.now += 7

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 12)

    await heartbeat(positions, writer, IdleRunner(), ends, troubles).beat({})
    assert writer.status.held_up == "holding a batch back for 7 s: the dead-letter topic does not acknowledge"


async def test_the_age_of_what_waits_is_told_before_anything_was_applied_and_not_of_what_was() -> None:
    positions, writer = Positions(), BeatWriter([9])
    positions.assign({TP: [9]})
    end = 10

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, end)

    heart = heartbeat(positions, writer, IdleRunner(), ends, Troubles())

    async def lag_seconds() -> float:
        await heart.beat({})
        (partition,) = writer.status.partitions
        return partition.lag_seconds

    assert await lag_seconds() == 0.0
    end = 12
    assert await lag_seconds() < 60  # not fetched yet: since the beat that saw it
    fetched = run(10, 11, epoch=positions.epochs()[TP])
    positions.accept(fetched)
    assert await lag_seconds() > 3_600
    (position,) = (position for _, position in positions.items())
    position.fences = writer.stored[:] = [11]
    position.passed(fetched)
    assert await lag_seconds() == 0.0
    end = 13
    assert await lag_seconds() < 60


async def test_what_the_log_had_dropped_before_the_store_knew_of_it_is_no_lag() -> None:
    positions, writer = Positions(), BeatWriter([99])
    positions.assign({TP: [99]})

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 100)

    await heartbeat(positions, writer, IdleRunner(), ends, Troubles()).beat({})
    assert writer.status.partitions == [PartitionStatus(TP.topic, TP.partition, 99, 100, 0.0)]


async def test_a_trouble_with_partitions_ends_when_others_have_them() -> None:
    positions, troubles = Positions(), Troubles()
    positions.assign({TP: [9]})

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 5)

    heart = heartbeat(positions, BeatWriter([9]), IdleRunner(), ends, troubles)
    await heart.beat({})
    assert [trouble.what for trouble in troubles.current()] == [AHEAD]
    positions.revoke([TP])
    await heart.beat({})
    assert troubles.current() == []
