"""What alerts watch while there is nothing to count: workers that only wait notice all the same who is away."""

import uuid
from collections.abc import Mapping
from pathlib import Path

import httpx
from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient
from prometheus_client.parser import text_string_to_metric_families

from stream.topics import ensure_topics
from tests.faults.servers import KafkaProcess, RedisProcess
from tests.services import free_port
from tests.system.programs import READY_SECONDS, Deployment, Program, eventually


def held_up_by(port: str) -> set[str] | None:
    """What a worker's metrics say that it is held up by; None while they do not answer."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except httpx.TransportError:
        return None
    return {
        sample.labels["by"]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "aura_held_up" and sample.value
    }


def await_members(system: Deployment, count: int) -> None:
    """Wait until so many workers are in the consumer group, and it is settled who has what."""
    admin = AdminClient({"bootstrap.servers": system.kafka})

    def there() -> bool:
        try:
            group = admin.describe_consumer_groups([system.topic])[system.topic].result(10)
        except (KafkaException, TimeoutError):
            return False  # nobody has asked for a group yet
        return group.state == ConsumerGroupState.STABLE and len(group.members) == count

    eventually(there, READY_SECONDS, f"{count} workers are in the group")


def await_all(workers: Mapping[str, Program], by: set[str]) -> None:
    def told() -> bool:
        for worker in workers.values():
            assert worker.process.poll() is None, worker.said()
        return all(held_up_by(port) == by for port in workers)

    eventually(told, READY_SECONDS, f"all workers are held up by {by or 'nothing'}")


def test_idle_workers_with_and_without_partitions_say_that_kafka_or_redis_is_away(tmp_path: Path) -> None:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    with KafkaProcess(tmp_path / "kafka") as kafka, RedisProcess(tmp_path / "redis") as store:
        ensure_topics(kafka.bootstrap_servers, partitions=1, replication=1, reviews=topic)
        system = Deployment(tmp_path, kafka.bootstrap_servers, store.url, topic)
        ports = [str(free_port()) for _ in range(2)]
        workers = {port: system.start("worker", changes={"AURA_WORKER_METRICS_PORT": port}) for port in ports}
        try:
            await_members(system, 2)
            await_all(workers, set())
            with store.frozen():
                await_all(workers, {"redis"})
            await_all(workers, set())
            kafka.kill()
            await_all(workers, {"kafka"})
            kafka.start()
            await_all(workers, set())
        finally:
            for worker in workers.values():
                worker.kill()
