"""From a review in a real Kafka to a webhook: worker, alerts and API as processes, all on events' time."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import now_ms
from stream.alerts.signature import verify
from stream.publish import ProducerConfig, Publisher
from stream.topics import ensure_topics
from tests.stream.alerts.receiver import Receiver, receiving
from tests.stream.samples import event
from tests.system.programs import MODEL, READY_SECONDS, Deployment, eventually

SECRET = "0123456789abcdef-secret"
RULE = """
[[tenants.alerts]]
id = "low"
kind = "low"
scope = "products"
window = "1h"
threshold = 0.0
min_reviews = 20
webhooks = ["ops"]

[[tenants.webhooks]]
name = "ops"
url = "URL/hook"
secret_file = "ops.secret"
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def system(kafka: str, redis_url: str, tmp_path: Path, receiver: Receiver) -> Deployment:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    changes = {"AURA_ALERTS_SECONDS": "1", "AURA_ALERTS_METRICS_PORT": "0"}
    system = Deployment(tmp_path, kafka, redis_url, topic, changes)
    (tmp_path / "ops.secret").write_text(SECRET)
    shop, bank = system.tenants.read_text().split("\n\n", 1)
    shop = shop.replace(MODEL, "products")  # surer of its judgement
    system.tenants.write_text(f"{shop}\n{RULE.replace('URL', receiver.url)}\n{bank}")
    return system


def publish(system: Deployment, first: int, text: str, at_ms: int, tenant: str = "shop") -> None:
    with Publisher(ProducerConfig(system.kafka, system.topic)) as publisher:
        for number in range(first, first + 60):
            publisher.publish(event(number, tenant=tenant, product_id="kettle", text=text, occurred_at=at_ms))
        assert publisher.flush(60) == 0


def test_a_product_that_turns_bad_is_told_and_one_of_another_tenant_is_not(
    system: Deployment, receiver: Receiver
) -> None:
    key = system.key("shop")
    then = now_ms() - 3_600_000 * 24 * 30  # a month ago: history is replayed
    publish(system, 0, "Broke at once, awful. Terrible quality, waste of money, I hate it.", then)
    publish(system, 100, "Broke at once, awful. Terrible quality, waste of money, I hate it.", then, tenant="bank")
    with system.running("worker"), system.running("alerts", "run"), system.api():
        (raised,) = receiver.await_requests(1)
        assert verify(SECRET.encode(), raised.headers["x-aura-signature"], raised.body, now_ms() / 1000)
        assert (raised.event["event"], raised.event["product_id"], raised.event["reviews"]) == ("raised", "kettle", 60)
        assert abs(raised.event["at_ms"] - then) < 120_000
        publish(system, 200, "Works great, love it, excellent quality. Highly recommend!", then + 7_200_000)
        cleared = receiver.await_requests(2)[1]
        assert (cleared.event["event"], cleared.event["alert"]) == ("cleared", raised.event["alert"])

        def told() -> list[str]:
            return [one["id"] for one in system.get("/v1/tenants/shop/alerts", key)["events"]]

        assert eventually(told, READY_SECONDS, "the history") == [cleared.event["id"], raised.event["id"]]
        (rule,) = system.get("/v1/tenants/shop/alerts/rules", key)["rules"]
        assert (rule["state"], rule["on"]) == ("ok", 0)
    assert len(receiver.requests) == 2
