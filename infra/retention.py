"""Topics that keep records for another time than the settings say: those speak of topics that are created only."""

import structlog

from stream.topics import Topics

log = structlog.get_logger("aura.worker")


def warn_of_retention(topics: Topics, wanted_ms: int, bootstrap_servers: str) -> None:
    """One log line for each topic whose ``retention.ms`` is not ``wanted_ms`` (-1 for ever), with what to do."""
    for topic in (topics.reviews, topics.dead_letters):
        if topic.retention_ms in (None, wanted_ms):
            continue
        log.warning(
            "the topic keeps records for another time than AURA_RETENTION_HOURS says, which applies to topics that are "
            "created only",
            topic=topic.name, topic_retention_ms=topic.retention_ms, setting_retention_ms=wanted_ms,
            do=f"set AURA_RETENTION_HOURS to what the topic has, or: kafka-configs.sh --bootstrap-server "
            f"{bootstrap_servers} --alter --entity-type topics --entity-name {topic.name} "
            f"--add-config retention.ms={wanted_ms}",
        )  # fmt: skip
