"""What of a batch goes to the samples in the store. On the worker's side only what may enter one costs anything."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from stream.drivers.packing import pack
from stream.drivers.reading import read
from stream.drivers.sample import BEYOND, Offer, mark_of, minute_of, places
from stream.fold import Keep, Scored
from stream.measures import DAY_MS, P_SCALE
from stream.record import TopicPartition

OF_PRODUCT: Final = 30
"""Reviews a product, day and class: some 200 of a busy week. With 50, a product with 500 a day costs 40 KB more."""

OF_TENANT: Final = 300
"""Reviews a tenant, day and class, over all shards; each has an even part of them, but :data:`OF_PRODUCT` at least."""

MAX_BOUNDS: Final = 100_000
"""Full samples whose bound is remembered: 10,000 products for five days, in some 25 MB. Of one that was forgotten, the
script says it again."""

_Sample = tuple[str, str | None, int, bool]
"""Tenant, product, day, whether of bad reviews."""

_HALF: Final = P_SCALE // 2


class Sampler:
    """Chooses the reviews that may enter a sample. Remembers how full samples are; forgetting costs time, nothing else.

    A bound only ever sinks: what was refused once would be refused again, whatever happened to the store meanwhile.
    Unless it is rebuilt from a log that has lost what was in its samples; hence :meth:`forget`.

    Args:
        shards: of the store.
    """

    def __init__(self, shards: int) -> None:
        self._of_tenant = max(OF_PRODUCT, -(-OF_TENANT // shards))
        self._bounds: dict[_Sample, int] = {}

    def offers(
        self,
        tp: TopicPartition,
        reviews: Sequence[Scored],
        offsets: Sequence[int],
        keep: Callable[[str], Keep],
        now_ms: int,
    ) -> list[Offer]:
        """What the samples are to be offered of reviews of one shard.

        Args:
            tp: where they stand.
            reviews: of any tenants.
            offsets: one each.
            keep: tenant to how much of its review texts may be kept; of one that keeps none nothing is sampled.
            now_ms: the clock. Of a review that the log took longer ago than texts are kept nothing is sampled either.
        """
        found: dict[_Sample, list[tuple[int, int]]] = {}
        kept: dict[str, Keep] = {}
        limits: dict[_Sample, tuple[int, int, _Sample, int]] = {}
        for index, (place, scored) in enumerate(zip(places(tp, offsets), reviews, strict=True)):
            event, p_good, logged_ms, _, _ = scored
            tenant = event.tenant
            of_product = (tenant, event.product_id, event.occurred_ms // DAY_MS, p_good < _HALF)
            both = limits.get(of_product)
            if both is None:
                if tenant not in kept:
                    kept[tenant] = keep(tenant)
                both = limits[of_product] = self._limits(of_product, kept[tenant])
            limit, products, of_tenant, tenants = both
            # Nearly all reviews end here: one look-up is what they cost.
            if place >= limit or logged_ms + kept[tenant].ms <= now_ms:
                continue
            if place < products:
                found.setdefault(of_product, []).append((place, index))
            if place < tenants:
                found.setdefault(of_tenant, []).append((place, index))
        chosen = {sample: sorted(those)[: self._most(sample)] for sample, those in found.items()}
        indices = sorted({index for those in chosen.values() for _, index in those})
        events = [reviews[index].event for index in indices]
        contents = dict(zip(indices, read([(event.text, event.title) for event in events]), strict=True))
        return [
            self._offer(sample, those, reviews, kept[sample[0]], now_ms, contents) for sample, those in chosen.items()
        ]

    def learn(self, offers: Sequence[Offer], bounds: Sequence[int]) -> None:
        """Remember how far samples go, as the store has answered to these offers."""
        for offer, bound in zip(offers, bounds, strict=True):
            if bound >= 0:
                self._bounds[offer.tenant, offer.product_id, offer.day, offer.bad] = bound
        while len(self._bounds) > MAX_BOUNDS:
            del self._bounds[next(iter(self._bounds))]

    def forget(self) -> None:
        """Offer everything again: the store has lost what it had."""
        self._bounds.clear()

    def _limits(self, of_product: _Sample, keep: Keep) -> tuple[int, int, _Sample, int]:
        """From which hash on nothing enters either sample, the product's, and the tenant's, which is named between."""
        tenant, _, day, bad = of_product
        of_tenant = (tenant, None, day, bad)
        if not keep.reviews:
            return 0, 0, of_tenant, 0
        products, tenants = self._bounds.get(of_product, BEYOND), self._bounds.get(of_tenant, BEYOND)
        return max(products, tenants), products, of_tenant, tenants

    def _most(self, sample: _Sample) -> int:
        return self._of_tenant if sample[1] is None else OF_PRODUCT

    def _offer(
        self,
        sample: _Sample,
        chosen: list[tuple[int, int]],
        reviews: Sequence[Scored],
        keep: Keep,
        now_ms: int,
        contents: Mapping[int, int],
    ) -> Offer:
        tenant, product_id, day, bad = sample
        entries = []
        for place, index in chosen:
            event = reviews[index].event
            mark = mark_of(event.product_id) if product_id is None else ""
            entries.append(pack(place, minute_of(event.occurred_ms), contents[index], mark))
        # A whole day later than texts, or the day's last reviews would have gone before a window is over them.
        until_ms = min(now_ms, *(reviews[index].logged_ms for _, index in chosen)) + keep.ms + DAY_MS
        return Offer(tenant, product_id, day, bad, self._most(sample), -(-keep.ms // DAY_MS), until_ms, entries)
