"""A store as it is after days of use."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import psutil
from redis import Redis

from infra.bench.texts import TENANT
from infra.errors import CommandError
from stream.drivers.sampler import Sampler
from stream.event import ReviewEvent
from stream.fold import Keep, Scored, fold
from stream.measures import DAY_MS, P_SCALE
from stream.record import TopicPartition
from stream.store import keys
from stream.store.totals import reviews_of
from stream.store.writer import Applied, StoreWriter

KEEP: Final = Keep(50, 7 * DAY_MS)
BATCH: Final = 2_000
TP: Final = TopicPartition("bench", 0)


ROOM: Final = 0.6
"""Of the memory that is free at most this much is filled: the machine has other work."""

EXPECTED: Final = 400
"""Bytes a product and review a day that are expected before anything is measured, besides :data:`LEAST`."""

LEAST: Final = 16_000


def check_room(products: int, reviews_a_day: float) -> None:
    """Raises :class:`CommandError` where so many products would fill too much of the memory that is free."""
    needed, free = products * (LEAST + EXPECTED * min(reviews_a_day, 120)), psutil.virtual_memory().available
    if needed > free * ROOM:
        raise CommandError(
            f"{products:,} products with {reviews_a_day:g} reviews a day may take {needed / 2**30:.1f} GiB, and "
            f"{free / 2**30:.1f} are free; measure fewer: --products"
        )


def check_counts(url: str, reviews: int, products: int) -> None:
    """Look whether the store has what it was given.

    Args:
        url: of its Redis.
        reviews: that were applied, of one tenant.
        products: that this tenant has, copies too.

    Raises:
        CommandError: it has other totals.
    """
    with Redis.from_url(url) as client:
        found = reviews_of(client, TENANT), cast(int, client.zcard(keys.products_key(0, TENANT)))
    if found != (reviews, products):
        raise CommandError(
            f"the store counts {found[0]} reviews of {found[1]} products; it was given {reviews} of {products}"
        )


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
        applied = taken(await writer.apply(*TP, {0: (first - 1, offsets[-1], packed)}, now_ms))
        sampler.learn(increments.offers, applied.bounds)
        progress(len(batch))


def taken(answers: Mapping[int, Applied]) -> Applied:
    """What the one shard of a store answered to a batch.

    Raises:
        CommandError: it did not take the batch.
    """
    answer = answers[0]
    if answer.outcome != "applied":
        raise CommandError(f"the store did not take a batch: {answer}")
    return answer
