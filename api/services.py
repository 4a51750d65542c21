"""The parts that requests share, opened and closed with the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from api import shapes
from api.access.held import Held
from api.access.rates import RateLimits
from api.access.registry import TenantRegistry
from api.classifiers.cards import Cards
from api.classifiers.loading import Classifiers
from api.config import ApiConfig
from api.drivers.reads import DriverReads
from api.export.places import Places
from api.kafka import KafkaProbe
from api.live.hub import Hub
from api.metrics import ApiMetrics
from api.reads import Reads
from stream.alerts.book import Book
from stream.publish import ProducerConfig, Publisher
from stream.store.connection import Client, connect
from stream.store.reader import Store

log = structlog.get_logger(__name__)

CLOSE_SECONDS = 2.0
"""How long a stopping server waits for Kafka: whoever posted has had no answer yet, and will post again."""


@dataclass(frozen=True, slots=True)
class Services:
    """All that a request may need."""

    config: ApiConfig
    metrics: ApiMetrics
    registry: TenantRegistry
    client: Client
    """Redis, as the store and the book have it."""
    store: Store
    book: Book
    reads: Reads
    drivers: DriverReads
    publisher: Publisher
    kafka: KafkaProbe
    classifiers: Classifiers
    cards: Cards
    hub: Hub
    rates: RateLimits
    exports: Places
    bodies: Held
    """Bytes of the request bodies that are read or worked on."""


@asynccontextmanager
async def open_services(config: ApiConfig, registry: TenantRegistry, metrics: ApiMetrics) -> AsyncIterator[Services]:
    """Open every part; none of them needs its server to answer yet."""
    client = connect(config.redis_url, timeout=config.store_timeout_seconds)
    store, book = Store(client), Book(client)
    reads = Reads(store)
    publisher = Publisher(
        ProducerConfig(
            config.kafka_bootstrap_servers,
            config.topic,
            client_id="aura-api",
            # What was not acknowledged in time is refused with 503: it must not arrive long after.
            delivery_timeout_seconds=config.publish_timeout_seconds,
        )
    )

    async def live_summary(tenant_id: str, rate: float) -> shapes.LiveSummary | None:
        tenant = registry.current().get(tenant_id)
        return None if tenant is None else live(await reads.summary(tenant, None), rate)

    hub = Hub(store, book, live_summary, metrics)
    services = Services(
        config=config,
        metrics=metrics,
        registry=registry,
        client=client,
        store=store,
        book=book,
        reads=reads,
        drivers=DriverReads(store, reads.turns),
        publisher=publisher,
        kafka=KafkaProbe(config.kafka_bootstrap_servers),
        classifiers=Classifiers(registry.current),
        cards=Cards(),
        hub=hub,
        rates=RateLimits(),
        exports=Places(),
        bodies=Held(),
    )
    try:
        yield services
    finally:
        await hub.close()
        services.classifiers.close()
        await store.close()
        unanswered = await asyncio.to_thread(publisher.close, CLOSE_SECONDS)
        if unanswered:
            log.warning(
                "stopped with reviews that Kafka had not acknowledged", reviews=unanswered,
                do="nothing: their clients have no 202; let them post again with the same event ids",
            )  # fmt: skip


def live(summary: shapes.Summary, rate: float) -> shapes.LiveSummary:
    """The part of a summary that the live stream repeats."""
    return shapes.LiveSummary(
        at_ms=summary.at_ms,
        reviews_per_second=round(rate, 3),
        products=summary.products,
        totals=summary.totals,
        windows={window: summary.windows[window] for window in ("5m", "1h")},
        pipeline=summary.pipeline,
    )
