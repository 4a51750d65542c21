"""The topics: their names, and creating them where they are missing."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata, ConfigResource, NewTopic

REVIEWS: Final = "aura.reviews"
"""Default base name: the topic of review events."""

MAX_LETTER_BYTES: Final = 64 * 1024 * 1024
"""Largest dead letter. A record of the reviews topic is at most a megabyte as it came over the wire, but producers
compress: what is many megabytes of the same character fits in. What is larger yet stands cut."""

_CHECK_SECONDS: Final = 0.1
"""Between two looks at a topic whose partitions have no leader yet (a few tenths of a second after its creation)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the broker has it."""

    name: str
    partitions: int
    created: bool
    """Whether it was created by this call."""
    retention_ms: int | None = None
    """How long it keeps a record, -1 for ever; None where the broker does not say."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Both topics of a broker."""

    reviews: Topic
    dead_letters: Topic
    in_process: bool
    """Whether the broker is librdkafka's in-process one, which drops what is not read soon (stream.holdback)."""


class TopicsError(Exception):
    """The topics could not be read or created.

    Attributes:
        bootstrap_servers: the broker that was asked.
        reason: what it answered, or that it did not.
    """

    def __init__(self, bootstrap_servers: str, reason: str) -> None:
        super().__init__(f"Kafka at {bootstrap_servers}: {reason}")
        self.bootstrap_servers = bootstrap_servers
        self.reason = reason


def dead_letters(reviews: str = REVIEWS) -> str:
    """Name of the dead-letter topic that belongs to a topic of review events."""
    return f"{reviews}.dead-letters"


def ensure_topics(
    bootstrap_servers: str,
    *,
    partitions: int,
    replication: int,
    reviews: str = REVIEWS,
    retention_ms: int | None = None,
    timeout: float = 15.0,
) -> Topics:
    """Create the topic of review events and its dead-letter topic where they are missing.

    Topics that exist are reported as they are, never altered. Records are stamped with the time the log took
    them (LogAppendTime): a producer's clock decides neither their retention nor what counts as future.
    librdkafka's in-process broker has no CreateTopics; there a topic creates itself when it is first asked for.

    Args:
        bootstrap_servers: host:port, comma-separated.
        partitions: of either topic, if created. The number of workers that can share the work.
        replication: copies of each partition, if created.
        reviews: name of the topic of review events.
        retention_ms: how long either topic keeps a record; None leaves it to the broker, -1 is for ever.
        timeout: seconds to wait for the broker.

    Raises:
        TopicsError: the broker does not answer, or refuses; or one of the topics is compacted.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    names = (reviews, dead_letters(reviews))
    try:
        found = admin.list_topics(timeout=timeout)
        missing = [name for name in names if name not in found.topics]
        in_process = is_in_process(found)
        if missing and not in_process:
            retention = {} if retention_ms is None else {"retention.ms": str(retention_ms)}
            wanted = [
                NewTopic(
                    name,
                    num_partitions=partitions,
                    replication_factor=replication,
                    config=retention
                    | {"message.timestamp.type": "LogAppendTime"}
                    | ({} if name == reviews else {"max.message.bytes": str(MAX_LETTER_BYTES)}),
                )
                for name in missing
            ]
            for future in admin.create_topics(wanted, operation_timeout=timeout, request_timeout=timeout).values():
                _settle(future)
        counts = {name: _partitions(admin, name, timeout) for name in names}
        # Of those that were missing too: somebody else may have been faster.
        configs = {} if in_process else _configs(admin, names, timeout)
        for name, config in configs.items():
            _refuse_compaction(config, bootstrap_servers, name)
    except KafkaException as error:
        raise TopicsError(bootstrap_servers, _reason(error.args[0])) from error
    kept = {name: int(config["retention.ms"]) for name, config in configs.items()}
    first, second = (Topic(name, counts[name], name in missing, kept.get(name)) for name in names)
    return Topics(first, second, in_process)


def is_in_process(found: ClusterMetadata) -> bool:
    """The in-process broker names a controller that it does not list; a real cluster lists it, or names -1."""
    return found.controller_id >= 0 and found.controller_id not in found.brokers


def _configs(admin: AdminClient, names: tuple[str, ...], timeout: float) -> dict[str, dict[str, str]]:
    """Topic to its settings; without one that this user may not see, or that not every broker knows of yet."""
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
    configs: dict[str, dict[str, str]] = {}
    for resource, answer in admin.describe_configs(resources, request_timeout=timeout).items():
        try:
            configs[resource.name] = {key: entry.value for key, entry in answer.result().items()}
        except KafkaException as error:
            if error.args[0].code() not in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.UNKNOWN_TOPIC_OR_PART):
                raise
    return configs


def _refuse_compaction(config: Mapping[str, str], bootstrap_servers: str, topic: str) -> None:
    """All reviews of a product have the same key, and their dead letters too: compaction would leave one of them."""
    policy = config["cleanup.policy"]
    if "compact" in policy:
        raise TopicsError(
            bootstrap_servers,
            f"topic {topic} has cleanup.policy={policy}, which keeps only the newest record of each "
            "product; set cleanup.policy=delete, or choose another AURA_TOPIC, which names both topics",
        )


def _reason(error: KafkaError) -> str:
    if error.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN):
        return f"no answer ({error.str()})"
    return str(error.str())


def _settle(future: "Future[None]") -> None:
    try:
        future.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody else was faster
            raise


def _partitions(admin: AdminClient, name: str, timeout: float) -> int:
    """Partitions of a topic, once each has a leader: what is produced before that waits or fails."""
    deadline = time.monotonic() + timeout
    while True:
        topic = admin.list_topics(name, timeout=timeout).topics[name]
        partitions = topic.partitions.values()
        if topic.error is None and partitions and all(p.error is None and p.leader >= 0 for p in partitions):
            return len(partitions)
        if time.monotonic() > deadline:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"topic {name} has no leader after {timeout:g} s"))
        time.sleep(_CHECK_SECONDS)
