"""A replay that is interrupted, killed or run twice at once: each letter is sent once."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import randbytes

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as NativePartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from infra.interrupt import Interrupt
from infra.letters import replaying
from infra.letters.planning import Plan, plan
from infra.letters.replaying import replay
from stream.letterbox import Letterbox
from stream.resend import Resender, ResendFenced
from stream.topics import dead_letters, ensure_topics
from tests.command_line import CommandLine, wait_until
from tests.stream.letters import put, transaction

LETTERS = 300


class Replays:
    """Letters to be replayed, and what became of them."""

    def __init__(self, address: str, letters: int) -> None:
        self.address = address
        self.topic = f"reviews-{uuid.uuid4().hex[:8]}"
        ensure_topics(address, partitions=1, replication=1, reviews=self.topic)

        def write(producer: Producer) -> None:
            for n in range(letters):
                put(producer, dead_letters(self.topic), n, b"%d" % n)
                producer.poll(0)

        transaction(address, write)

    def resender(self) -> Resender:
        return Resender(self.address, self.topic, dead_letters(self.topic))

    def plan(self) -> Plan:
        with Letterbox(self.address, dead_letters(self.topic)) as box:
            return plan(box.letters(), None, lambda _: None)

    def run(self, chosen: Plan, moved: Callable[[int], None] = lambda _: None) -> replaying.Outcome:
        with Letterbox(self.address, dead_letters(self.topic)) as box, closing(Interrupt()) as interrupt:
            return replay(box, self.resender(), chosen, interrupt, moved)

    def sent(self) -> Counter[bytes | None]:
        """Values committed in the reviews topic."""
        self.resender().begin()
        settings = {"bootstrap.servers": self.address, "group.id": "test", "enable.partition.eof": True}
        found = Counter[bytes | None]()
        with closing(Consumer(settings)) as consumer:
            consumer.assign([NativePartition(self.topic, 0, 0)])
            while (message := consumer.poll(30)) is not None and message.error() is None:
                found[message.value()] += 1
        return found


def lower_limit(replays: Replays, size: int) -> None:
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, replays.topic, incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": replays.address})
    admin.incremental_alter_configs([resource])[resource].result(30)


@pytest.fixture
def replays(kafka: str, monkeypatch: pytest.MonkeyPatch) -> Replays:
    monkeypatch.setattr(replaying, "BATCH_LETTERS", 7)
    return Replays(kafka, LETTERS)


ONCE = Counter({b"%d" % n: 1 for n in range(LETTERS)})


def test_two_replays_at_once_send_each_letter_once(replays: Replays) -> None:
    chosen, begun, ended = replays.plan(), threading.Event(), list[str]()
    overtaken = threading.Event()

    def pause(_: int) -> None:
        begun.set()
        overtaken.wait(60)

    def first() -> None:
        try:
            replays.run(chosen, pause)
        except ResendFenced:
            ended.append("fenced")

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(60)
    second = replays.run(replays.plan())
    overtaken.set()
    thread.join(60)
    assert ended == ["fenced"]
    assert second.replayed == LETTERS - 7
    assert replays.sent() == ONCE


def test_an_interrupted_replay_is_gone_on_with(replays: Replays) -> None:
    with Letterbox(replays.address, dead_letters(replays.topic)) as box, closing(Interrupt()) as interrupt:

        def moved(sent: int) -> None:
            if sent >= 70:
                interrupt.set()

        done = replay(box, replays.resender(), replays.plan(), interrupt, moved)
    assert (done.replayed, done.interrupted) == (70, True)
    assert replays.run(replays.plan()).replayed == LETTERS - 70
    assert replays.sent() == ONCE
    assert replays.run(replays.plan()).replayed == 0


def test_a_letter_that_the_reviews_topic_refuses_is_named_and_holds_up_none(replays: Replays) -> None:
    large = randbytes(900_000)
    # The dead-letter topic took it; since then the reviews topic takes less.
    transaction(replays.address, lambda producer: put(producer, dead_letters(replays.topic), LETTERS, large))
    lower_limit(replays, 500_000)
    done = replays.run(replays.plan())
    assert (done.replayed, done.too_large) == (LETTERS, [f"0:{LETTERS}"])
    assert replays.sent() == ONCE


def test_a_killed_replay_is_gone_on_with(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    letters = 20_000
    replays = Replays(kafka, letters)
    aura = CommandLine({"AURA_KAFKA_BOOTSTRAP_SERVERS": kafka, "AURA_TOPIC": replays.topic})
    started = time.monotonic()
    first = aura.start("dead-letters", "replay", "--yes", "--force")

    def some_are_sent() -> bool:
        assert first.poll() is None, "it had ended before it was killed: nothing was tested"
        settings = {"bootstrap.servers": kafka, "group.id": "test", "isolation.level": "read_uncommitted"}
        with closing(Consumer(settings)) as consumer:
            low, high = consumer.get_watermark_offsets(NativePartition(replays.topic, 0), timeout=30)
        return int(high - low) > 2_000

    wait_until(some_are_sent)
    first.kill()
    first.communicate()
    ended = aura("dead-letters", "replay", "--yes", "--force", "--json")
    assert ended.returncode == 0, ended.stderr
    assert '"interrupted": false' in ended.stdout
    assert replays.sent() == Counter({b"%d" % n: 1 for n in range(letters)})
    assert time.monotonic() - started < 60, "waited for the transaction of the killed one to time out"
