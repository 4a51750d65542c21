"""What Kafka says while a broker comes back, and waiting until it has."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException

T = TypeVar("T")

PASSING: Final = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN)
"""What librdkafka overcomes by itself once the broker is back."""

RECOVERING: Final = (
    *PASSING,
    KafkaError._DESTROY_BROKER,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
)
"""What is said of partitions whose broker, or who themselves, came just now or come back."""

RETRY_SECONDS: Final = 0.2


def answered(question: Callable[[], T], seconds: float) -> T:
    """Kafka's answer, asked for again while a broker comes back.

    Raises:
        KafkaException: it did not come back in time, or refuses.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return question()
        except KafkaException as error:
            if error.args[0].code() not in RECOVERING or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)
