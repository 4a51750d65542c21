"""A store as it is after days of use."""

import random
from collections.abc import Callable, Sequence
from typing import Final

from stream.drivers.sampler import Sampler
from stream.event import ReviewEvent
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS, P_SCALE
from stream.record import TopicPartition
from stream.store.writer import StoreWriter

KEEP: Final = Keep(50, 7 * DAY_MS)
BATCH: Final = 2_000
TP: Final = TopicPartition("bench", 0)


def history(
    source: Sequence[ReviewEvent], tenant: str, products: int, count: int, now_ms: int, days: int
) -> list[Scored]:
    """``count`` reviews of ``product-0`` to ``product-N``, evenly spread, at random times of the last ``days``."""
    chance = random.Random(7)
    times = sorted(now_ms - chance.randrange(days * DAY_MS) for _ in range(count))
    return [
        Scored(
            ReviewEvent(
                event_id=str(number), tenant=tenant, product_id=f"product-{number % products}",
                text=source[number % len(source)].text, occurred_at=at, rating=1 + number % 5,
                product_name=f"Product {number % products}", brand="Brand", categories=("One", "Two"),
            ),
            chance.randrange(P_SCALE),
            at,
        )
        for number, at in enumerate(times)
    ]  # fmt: skip


async def fill(writer: StoreWriter, scored: Sequence[Scored], now_ms: int, progress: Callable[[int], object]) -> None:
    """Apply reviews as a worker does; ``progress`` is told of how many more there are now."""
    tenants = {one.event.tenant: KEEP for one in scored[:1]}
    sampler = Sampler(writer.shards)
    for first in range(0, len(scored), BATCH):
        batch = scored[first : first + BATCH]
        offsets = range(first, first + len(batch))
        increments = fold(batch, lambda _: KEEP, now_ms)
        increments.offers = sampler.offers(TP, batch, offsets, lambda _: KEEP, now_ms)
        packed = writer.pack(increments, tenants, now_ms)
        applied = await writer.apply(*TP, {0: (first - 1, offsets[-1], packed)}, now_ms)
        sampler.learn(increments.offers, applied[0].bounds)
        progress(len(batch))
