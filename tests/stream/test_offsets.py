"""Every offset accounted for, on a real Kafka: transactions, what expired, and a log that ends before the fence."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka import TopicPartition as NativePartition
from confluent_kafka.admin import AdminClient
from structlog.testing import capture_logs

from stream.faust_app import build_app
from stream.positions import Positions
from stream.record import Run, Stretch, TopicPartition
from stream.topics import ensure_topics
from stream.transport import CUT_OFF
from tests.stream.test_transport import until


class Rig:
    """A Faust app whose runs are checked as the worker does, and kept."""

    def __init__(self, kafka: str, topic: str, fence: int = -1) -> None:
        self.tp = TopicPartition(topic, 0)
        self.positions = Positions()
        self.runs: list[Run] = []
        self.app = build_app(kafka, topic, topic, self, self.submit)
        self._fence = fence

    @property
    def offsets(self) -> list[int]:
        """Of the records handed over."""
        return [record.offset for run in self.runs for record in run.records]

    @property
    def reached(self) -> int:
        """The last offset accounted for."""
        return self.runs[-1].last if self.runs else -1

    @property
    def client(self) -> Any:
        """Kafka's client."""
        return self.app.consumer._thread._ensure_consumer()

    @property
    def client_position(self) -> int | None:
        """Where Kafka's client reads on; None before it is assigned or sought."""
        assignment = self.client._subscription.subscription.assignment
        position: int | None = assignment and assignment.state_value(self.tp)._position
        return position

    @property
    def lost(self) -> list[Stretch]:
        """What was said to be gone."""
        return [stretch for run in self.runs for stretch in run.lost]

    async def submit(self, run: Run) -> None:
        accepted = self.positions.accept(run)  # a gap would end the app, and fail the test
        if accepted is not None:
            assert not self.runs or accepted.first == self.reached + 1
            self.runs.append(accepted)

    async def seek(self, fence: int) -> None:
        await self.app.consumer.seek_runs({self.tp: self.positions.seek(self.tp, [fence])})

    async def assigned(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        return self.positions.assign({tp: [self._fence] for tp in partitions})

    def revoked(self, partitions: list[TopicPartition]) -> None:
        self.positions.revoke(partitions)

    def epochs(self) -> Mapping[TopicPartition, int]:
        return self.positions.epochs()

    def committable(self) -> Mapping[TopicPartition, int]:
        return {}


@asynccontextmanager
async def running(kafka: str, topic: str, fence: int = -1) -> AsyncIterator[Rig]:
    rig = Rig(kafka, topic, fence)
    await rig.app.start()
    try:
        yield rig
    finally:
        await rig.app.stop()


@pytest.fixture
def topic(kafka: str) -> str:
    """A topic of one partition."""
    name = f"offsets.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=name)
    return name


def transactional(kafka: str) -> Producer:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": uuid.uuid4().hex})
    producer.init_transactions(30)
    return producer


def write(producer: Producer, topic: str, count: int, *, commit: bool | None = None) -> None:
    """Write records; in a transaction where ``commit`` says how it ends."""
    if commit is not None:
        producer.begin_transaction()
    for number in range(count):
        producer.produce(topic, f"{number}".encode(), partition=0)
    assert producer.flush(30) == 0
    if commit is not None:
        (producer.commit_transaction if commit else producer.abort_transaction)(30)


def expire(kafka: str, topic: str, before: int) -> None:
    """Let the log drop what lies before an offset."""
    admin = AdminClient({"bootstrap.servers": kafka})  # named, so that it lives until the answer is here
    (answer,) = admin.delete_records([NativePartition(topic, 0, before)]).values()
    answer.result(30)


async def test_an_aborted_transaction_is_not_handed_over_and_its_offsets_are_no_gap(kafka: str, topic: str) -> None:
    producer = transactional(kafka)
    async with running(kafka, topic) as rig:
        write(producer, topic, 3, commit=True)  # offsets 0-2, its marker 3
        write(producer, topic, 2, commit=False)  # 4-5, 6
        await until(lambda: rig.reached == 6)
        write(producer, topic, 2, commit=True)  # 7-8, 9
        await until(lambda: rig.reached == 9)
    assert rig.offsets == [0, 1, 2, 7, 8]
    assert rig.lost == []


async def test_an_open_transaction_makes_no_lag_and_is_handed_over_once_it_is_committed(kafka: str, topic: str) -> None:
    producer = transactional(kafka)
    async with running(kafka, topic) as rig:
        write(Producer({"bootstrap.servers": kafka}), topic, 2)
        producer.begin_transaction()
        write(producer, topic, 3)
        await until(lambda: rig.reached == 1)
        ends = await rig.app.consumer.highwaters(*rig.app.consumer.assignment())
        assert list(ends.values()) == [2]
        producer.commit_transaction(30)
        await until(lambda: rig.reached == 5)
    assert rig.offsets == [0, 1, 2, 3, 4]


async def test_a_restart_in_the_middle_of_transactions_begins_at_a_marker_as_at_a_record(
    kafka: str, topic: str
) -> None:
    producer = transactional(kafka)
    for commit in (True, False, True):
        write(producer, topic, 2, commit=commit)  # 0-1 2, 3-4 5, 6-7 8
    for fence, left in ((1, [6, 7]), (3, [6, 7]), (4, [6, 7]), (7, []), (8, [])):
        async with running(kafka, topic, fence) as rig:
            if fence < 8:
                await until(lambda rig=rig: rig.reached == 8)  # type: ignore[misc]
            else:
                await until(lambda rig=rig: rig.tp in rig.positions)  # type: ignore[misc]
            assert (rig.offsets, rig.lost) == (left, [])


async def test_what_expired_during_an_outage_is_named_though_nothing_comes_after_it(kafka: str, topic: str) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 10)
    expire(kafka, topic, 10)
    async with running(kafka, topic, fence=3) as rig:
        await until(lambda: rig.reached == 9)
        assert rig.lost == [Stretch(4, 9)]
        write(Producer({"bootstrap.servers": kafka}), topic, 2)
        await until(lambda: rig.reached == 11)
    assert rig.offsets == [10, 11]
    assert rig.lost == [Stretch(4, 9)]


async def test_nothing_is_said_to_be_lost_that_was_applied_before_it_expired(kafka: str, topic: str) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 10)
    expire(kafka, topic, 8)
    async with running(kafka, topic, fence=7) as rig:
        await until(lambda: rig.reached == 9)
    assert (rig.offsets, rig.lost) == ([8, 9], [])


async def test_what_expired_of_a_partition_that_never_held_a_record_is_named_too(kafka: str, topic: str) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 10)
    expire(kafka, topic, 4)
    async with running(kafka, topic, fence=-1) as rig:
        await until(lambda: rig.reached == 9)
    assert (rig.offsets, rig.lost) == ([4, 5, 6, 7, 8, 9], [Stretch(0, 3)])


async def test_a_store_emptied_under_a_live_worker_is_told_what_it_can_not_get_back(kafka: str, topic: str) -> None:
    write(Producer({"bootstrap.servers": kafka}), topic, 10)
    async with running(kafka, topic, fence=4) as rig:
        await until(lambda: rig.reached == 9)
        expire(kafka, topic, 6)
        rig.runs.clear()
        await rig.seek(-1)
        await until(lambda: rig.reached == 9)
    assert (rig.offsets, rig.lost) == ([6, 7, 8, 9], [Stretch(0, 5)])


async def test_retention_that_overtakes_a_slow_worker_is_noticed_while_it_runs(kafka: str, topic: str) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    write(producer, topic, 5)
    async with running(kafka, topic) as rig:
        await until(lambda: rig.reached == 4)
        # Behind again, without what it would have to read: a seek stands for a consumer that could not keep up.
        write(producer, topic, 15)
        await until(lambda: rig.reached == 19)
        expire(kafka, topic, 12)
        rig.runs.clear()
        await rig.seek(6)
        await until(lambda: rig.reached == 19)
    assert (rig.lost, rig.offsets) == ([Stretch(7, 11)], [*range(12, 20)])


async def test_a_store_ahead_of_its_log_says_so_waits_and_reads_nothing_twice(kafka: str, topic: str) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    write(producer, topic, 5)
    with capture_logs() as logs:
        async with running(kafka, topic, fence=7) as rig:
            await until(lambda: rig.client_position == 5)
            write(producer, topic, 4)
            await until(lambda: rig.reached == 8)
    assert (rig.offsets, rig.lost) == ([8], [])
    (told,) = [entry for entry in logs if entry["event"] == CUT_OFF]
    assert (told["log_level"], told["partition"], told["next_offset"], told["log_ends_before"]) == (
        "error", str(rig.tp), 8, 5,
    )  # fmt: skip
    assert "use an empty Redis" in told["do"]


async def test_a_worker_that_was_held_up_for_very_long_reads_on(kafka: str, topic: str) -> None:
    """aiokafka leaves the group when nobody has fetched for ``max_poll_interval``, and joins again only once somebody
    fetches; Faust fetches only once it has joined."""
    producer = Producer({"bootstrap.servers": kafka})
    write(producer, topic, written := 3)
    held, may_go_on = asyncio.Event(), asyncio.Event()

    class Held(Rig):
        async def submit(self, run: Run) -> None:
            held.set()
            await may_go_on.wait()
            await super().submit(run)

    rig = Held(kafka, topic)
    rig.app.conf.broker_max_poll_interval = 0.5
    await rig.app.start()
    try:
        await asyncio.wait_for(held.wait(), 60)
        while rig.client._subscription.fetcher_idle_time < 5:  # from when all buffers on the way are full
            write(producer, topic, 1)
            written += 1
            await asyncio.sleep(0.1)
        may_go_on.set()
        await until(lambda: rig.reached == written - 1)
    finally:
        await rig.app.stop()
