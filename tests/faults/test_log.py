"""A log that loses records before they were read, and one that holds records which do not count."""

import json
import zlib
from collections import Counter

import pytest
from confluent_kafka import Producer
from confluent_kafka import TopicPartition as NativePartition
from confluent_kafka.admin import AdminClient

from tests.faults.log import ends, read_log
from tests.faults.reviews import Published
from tests.faults.stage import PARTITIONS, Scene, Stage
from tests.faults.verdict import Expired
from tests.system.programs import eventually

REVIEWS = 40_000
TRANSACTIONS = 80
REVIEWS_A_TRANSACTION = 300
OPEN_SECONDS = 10
NEW = {4, 5}
"""Partitions that had no record while the first workers ran."""


@pytest.mark.full
def test_records_expire_before_they_are_read(stage: Stage) -> None:
    with stage.scene("records expired before they were read") as scene:
        kafka, topic = scene.system.kafka, scene.system.topic
        scene.pool.start(2)
        scene.traffic.send(REVIEWS, unless=goes_to_new)
        scene.traffic.finish()
        fences = {partition: end - 1 for partition, end in ends(kafka, topic).items()}
        assert {partition for partition, fence in fences.items() if fence < 0} == NEW
        scene.await_applied(sum(fence + 1 for fence in fences.values()), 300)
        for worker in scene.pool.alive:
            scene.pool.leave(worker)
        scene.traffic.send(REVIEWS)
        scene.traffic.finish()
        log = read_log(kafka, topic)
        starts = expire(scene, fences, ends(kafka, topic))
        lost = {place: name for place, name in log.names.items() if fences[place[0]] < place[1] < starts[place[0]]}
        scene.struck("records expired unread", len(lost))
        for name in lost.values():
            del scene.ledger.sent[name]
            scene.ledger.acknowledged.discard(name)
        expected = {p: (fences[p] + 1, starts[p] - 1) for p in starts if starts[p] > fences[p] + 1}
        gone = {place: name for place, name in log.names.items() if place[1] < starts[place[0]] and place not in lost}
        scene.expired = Expired(gone, expected)
        scene.pool.start(2)
        eventually(lambda: alarms(scene) == expected, 180, f"every gap is named: {expected}")
        assert scene.pool.counters()["aura_missing_records_total"] == len(lost)
        scene.traffic.begin(REVIEWS // 4)  # what comes later is counted, too, and alarms nobody
        scene.settle()
        assert alarms(scene) == expected
        assert scene.pool.counters()["aura_missing_records_total"] == len(lost)


def goes_to_new(record: Published) -> bool:
    """Whether librdkafka may put it into a partition that is to be new; where one without a key goes is chance."""
    return not record.key or zlib.crc32(record.key) % PARTITIONS in NEW


def expire(scene: Scene, fences: dict[int, int], end: dict[int, int]) -> dict[int, int]:
    """Delete the beginning of the log: in two partitions, one of them new, all of it, in others a part of what was not
    read, or of what was; one is left alone. Returns where each begins then."""
    starts = {partition: scene.dice.randrange(fences[partition] + 2, end[partition]) for partition in end}
    starts[0] = end[0]
    starts[max(NEW)] = end[max(NEW)]
    starts[1] = 0
    starts[2] = fences[2] // 2
    starts[3] = fences[3] + 1
    admin = AdminClient({"bootstrap.servers": scene.system.kafka, "log_level": 0})
    topic = scene.system.topic
    wanted = [NativePartition(topic, partition, start) for partition, start in starts.items() if start]
    for done in admin.delete_records(wanted).values():
        done.result(30)
    scene.struck("partitions that lost their beginning", len(wanted))
    return starts


def alarms(scene: Scene) -> dict[int, tuple[int, int]]:
    """Partition to the offsets that workers have named as lost; none may be named twice."""
    found: dict[int, tuple[int, int]] = {}
    for worker in scene.pool.lives:
        for line in worker.log.splitlines():
            if "no longer holds records that were never read" in line:
                said = json.loads(line)
                partition = int(said["partition"].rpartition("-")[2])
                assert partition not in found, f"named twice: {line}"
                found[partition] = said["first"], said["last"]
                assert said["records"] == said["last"] - said["first"] + 1
    return found


@pytest.mark.full
def test_transactions_are_committed_and_aborted(stage: Stage) -> None:
    with stage.scene("transactional producers, a third of all aborted") as scene:
        scene.pool.start(2)
        producer = Producer(
            {
                "bootstrap.servers": scene.system.kafka,
                "transactional.id": scene.system.topic,
                "transaction.timeout.ms": OPEN_SECONDS * 1_000,
                "log_level": 0,
            }
        )
        producer.init_transactions(60)
        scene.traffic.begin(20_000, then_rate=500)
        scene.await_workers(2)
        number = 1_000_000
        for turn in range(TRANSACTIONS):
            number = transaction(scene, producer, number, commit=scene.dice.random() < 2 / 3)
            if turn % 20 == 10:
                scene.await_workers()
                scene.pool.kill(scene.pool.pick())
                scene.struck("workers killed")
                scene.pool.start()
        # One is left open: Kafka gives it up in its time, and what stands behind it is counted then.
        producer.begin_transaction()
        send(scene, producer, number, number + 50)
        producer.flush(30)
        scene.struck("transactions left open")
        scene.wait(2)
        scene.traffic.end()
        eventually(lambda: lag(scene) == Counter(), 180, "no lag is left")
        assert scene.pool.counters()["aura_missing_records_total"] == 0


def transaction(scene: Scene, producer: Producer, first: int, *, commit: bool) -> int:
    """Publish reviews in a transaction; returns the number of the next."""
    end = first + REVIEWS_A_TRANSACTION
    producer.begin_transaction()
    send(scene, producer, first, end)
    if commit:
        producer.commit_transaction(60)
        records = [scene.traffic.reviews(number) for number in range(first, end)]
        scene.ledger.sent.update({record.name: record.expected for record in records})
        scene.ledger.acknowledged.update(record.name for record in records)
        scene.struck("transactions committed")
    else:
        producer.flush(60)
        producer.abort_transaction(60)
        scene.struck("transactions aborted")
    return end


def send(scene: Scene, producer: Producer, first: int, end: int) -> None:
    for number in range(first, end):
        record = scene.traffic.reviews(number)
        producer.produce(scene.system.topic, record.value, record.key, headers=record.all_headers)
        producer.poll(0)


def lag(scene: Scene) -> Counter[int]:
    """Partition to the records that its worker says are waiting."""
    found = Counter[int]()
    for status in scene.statuses():
        for part in status.partitions:
            found[part.partition] += max(0, part.end - 1 - part.fence)
    return +found if len(found) == PARTITIONS else Counter({-1: PARTITIONS - len(found)})
