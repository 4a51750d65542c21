"""Commands run as a user runs them, and a reader of the topic that they publish to."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, Message
from confluent_kafka import TopicPartition as KafkaPartition

from stream.event import ReviewEvent, decode
from stream.topics import ensure_topics

DEADLINE_SECONDS: Final = 60.0
ROOT: Final = Path(__file__).resolve().parents[1]


def wait_until(holds: Callable[[], bool]) -> None:
    """Return once ``holds``; fail at the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the effect did not come"
        threading.Event().wait(0.01)


class CommandLine:
    """Runs ``aura`` in the current folder with settings of its own."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **settings}
        self._command = [sys.executable, "-c", "from infra.cli import main; main()"]

    def __call__(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run to the end; ``given`` is its standard input."""
        return subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run in the background."""
        return subprocess.Popen(
            [*self._command, *arguments],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


class TopicReader(threading.Thread):
    """Reads everything of a topic and commits it, as a worker does: publishing holds back without one."""

    def __init__(self, address: str, topic: str, group: str) -> None:
        super().__init__(daemon=True)
        self.messages: list[Message] = []
        self._ending = threading.Event()
        settings = {"bootstrap.servers": address, "group.id": group, "enable.auto.commit": False, "log_level": 3}
        self._consumer = Consumer(settings)
        topics = ensure_topics(address, partitions=4, replication=1, reviews=topic)
        self._consumer.assign([KafkaPartition(topic, partition, 0) for partition in range(topics.reviews.partitions)])

    def run(self) -> None:
        with closing(self._consumer):
            while not self._ending.is_set():
                if messages := self._consumer.consume(5_000, timeout=0.05):
                    self.messages += messages
                    ends = {m.partition(): KafkaPartition(m.topic(), m.partition(), m.offset() + 1) for m in messages}
                    self._consumer.commit(offsets=list(ends.values()), asynchronous=False)

    def stop(self) -> None:
        """End the thread."""
        self._ending.set()
        self.join(DEADLINE_SECONDS)

    def events(self, count: int) -> list[ReviewEvent]:
        """All events read, once there are ``count``."""
        wait_until(lambda: len(self.messages) >= count)
        return [decode(message.value()) for message in self.messages]
