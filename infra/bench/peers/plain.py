"""A loop of one's own around confluent-kafka, ``model.predict`` and a Redis pipeline: what one writes in an afternoon.

Tried: batches of 1,024 and 4,096, as one process with all cores for TensorFlow and as one a core. The cost of a call of
``predict`` makes it one process and 4,096: 145 microseconds of processor time a review against 187 to 216, and 398 for
the call alone at 256. Chosen without trying others: sums of a batch added up before they go to Redis, offsets committed
by the client's own timer (the default) and not for each batch, the client's queues and waits as they are.
"""

import json
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaException
from redis import Redis

from infra.bench.peers import totals
from infra.bench.peers.job import Job
from infra.bench.peers.network import Judge, by_predict


def run(job: Job, judge: Judge, loads: Callable[[bytes], Any] = json.loads) -> None:
    """Count for ever; ``loads`` reads JSON."""
    client = Redis.from_url(job.redis_url)
    consumer = Consumer(
        {"bootstrap.servers": job.bootstrap_servers, "group.id": job.topic, "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([job.topic])
    while True:
        messages = consumer.consume(job.batch, timeout=0.05)
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
        if messages:
            events = [loads(message.value()) for message in messages]
            bad = judge([event["text"] for event in events])
            totals.add(client, totals.sums((event["product_id"] for event in events), bad.tolist()))


if __name__ == "__main__":
    told = Job.given()
    run(told, by_predict(told.model_folder, told.threads))
