"""Ending transactions that Kafka has forgotten, which hide all letters behind them for good.

A broker that comes back commits, or aborts, what was under way. Where it is asked to while a partition has no leader,
it takes that partition for deleted, leaves it out, and never comes back to it (seen with Kafka 4.3.1: "these partitions
are likely deleted already and hence can be skipped"). From then on no reader of what is committed gets beyond it.

The next transaction of the same id that writes there ends both, and decides about both. So one is committed that holds
nothing but a seal. To commit is always right: a letter states that a record is none, whoever looks for letters has been
waiting, and no record was counted meanwhile. An abort could take away letters on which the fence has passed.
"""

import time
from typing import Final

import structlog
from confluent_kafka import KafkaException

from stream.letterbox import Hidden, Letterbox, LetterboxUnavailable
from stream.lettersession import Session
from stream.record import TopicPartition

HANGING_SECONDS: Final = 60.0
"""What is hidden for so long is not going to be ended by Kafka: it does so after at most 20 seconds, the time of a
replay, and at most 10 more, between two looks."""

SEEN_SECONDS: Final = 2.0
"""How long a seal may take to show: the end of its transaction is written a few milliseconds after the commit."""

log = structlog.get_logger("aura.worker")


class Hanging:
    """Watches what is hidden, and for how long. One call at a time.

    Args:
        bootstrap_servers: where Kafka answers.
        topic: the dead-letter topic.
        timeout: seconds that one step may take.
    """

    def __init__(self, bootstrap_servers: str, topic: str, timeout: float) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._topic = topic
        self._timeout = timeout
        self._since: dict[int, tuple[int, float]] = {}

    def ended(self, hidden: Hidden, reviews: str, box: Letterbox) -> bool:
        """Whether it is hidden no more, because it has been for too long and was therefore ended.

        A worker that writes letters just now is shut out by this, and takes its partitions anew.

        Args:
            hidden: what the box said.
            reviews: the topic that the letters come from.
            box: to see whether it helped.

        Raises:
            LetterboxUnavailable: Kafka does not answer.
        """
        now = time.monotonic()
        offset, since = self._since.get(hidden.partition, (-1, now))
        if offset != hidden.offset:
            self._since[hidden.partition] = (hidden.offset, now)
            return False
        if now - since < HANGING_SECONDS:
            return False
        places = len(box.partitions())
        sources = box.partitions(reviews)
        # Those that have their place there now, then those that had it when the topic had fewer partitions.
        for source in sorted(sources, key=lambda source: source % places != hidden.partition):
            if self._sealed(TopicPartition(reviews, source), hidden, box):
                log.warning(
                    "ended a transaction of dead letters that Kafka had forgotten; nothing is lost",
                    partition=f"{self._topic}-{hidden.partition}", from_offset=hidden.offset,
                    do="nothing: it goes on",
                )  # fmt: skip
                del self._since[hidden.partition]
                return True
        log.error(
            "a transaction that Kafka does not end hides dead letters, and it is not one of the workers",
            partition=f"{self._topic}-{hidden.partition}", from_offset=hidden.offset,
            do="kafka-transactions.sh find-hanging names it, abort ends it",
        )  # fmt: skip
        return False

    def _sealed(self, source: TopicPartition, hidden: Hidden, box: Letterbox) -> bool:
        try:
            session = Session(self._bootstrap_servers, self._topic, source, self._timeout)
            session.place = hidden.partition
            session.seal()
        except KafkaException as error:
            raise LetterboxUnavailable(f"{self._topic}: Kafka takes no seal: {error.args[0].str()}") from None
        try:
            box.await_visible(hidden.partition, hidden.offset, SEEN_SECONDS)
        except Hidden:
            return False
        return True
