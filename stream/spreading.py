"""Spreads of one shard's tenants as the log says, and those of the store compared with them; a part of the ledger.

An hour whose spread holds fewer reviews than the hour itself was counted, in part or wholly, by a version of Aura that
kept no spread: nothing tells which of its reviews that counted, so it is not compared.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import accumulate
from typing import Final

from stream.border import P_TOLERANCE
from stream.fold import Increments, Scored
from stream.measures import Measures, bucket_start
from stream.spread import BINS, WIDTH, Spread

SPREAD_COUNTS: Final = (
    *(f"bin_{number}" for number in range(BINS)), *(field.name for field in fields(Spread) if field.name != "bins"),
)  # fmt: skip
"""What a spread is, in stored order."""

Place = tuple[str, str, int]
"""Tenant, model and start of an hour (ms)."""

Spreads = Mapping[str, Mapping[int, Spread]]
"""Model to start of an hour (ms) to spread."""


class Spreading:
    """The log's. Runs of any order, as the ledger gives them."""

    def __init__(self) -> None:
        self._counted: dict[Place, Spread] = {}
        self._border: dict[Place, list[tuple[int, int]]] = {}
        """By edge between two bins, reviews so near to it that another answer for them lies above, or below."""

    def add(self, increments: Increments, reviews: Iterable[Scored], models: Mapping[str, str]) -> None:
        """Take in a run: what it folds to, and its reviews.

        Args:
            increments: of the reviews.
            reviews: that count.
            models: tenant to the model that scored them.
        """
        for tenant, delta in increments.tenants.items():
            if (model := models.get(tenant)) is not None:
                for start, spread in delta.spreads.items():
                    self._counted.setdefault((tenant, model, start), Spread()).add(spread)
        for event, p_good, *_ in reviews:
            edge, rest = divmod(p_good + P_TOLERANCE, WIDTH)
            if rest < 2 * P_TOLERANCE and 0 < edge < BINS and event.tenant in models:
                place = event.tenant, models[event.tenant], bucket_start(event.occurred_ms, "1h")
                edges = self._border.setdefault(place, [(0, 0)] * BINS)
                below = rest < P_TOLERANCE
                edges[edge] = edges[edge][0] + below, edges[edge][1] + (not below)

    def compare(
        self, tenant: str, stored: Spreads, hours: Mapping[int, Measures]
    ) -> Iterator[tuple[str, int, Spread, Spread]]:
        """Model, start, log and store of every spread that does not agree.

        Args:
            tenant: whose.
            stored: in Redis.
            hours: starts of those that can be proven, with what Redis has counted in each.
        """
        models = {model for owner, model, _ in self._counted if owner == tenant} | stored.keys()
        for start, hour in hours.items():
            there = {model: stored.get(model, {}).get(start, Spread()) for model in sorted(models)}
            if sum(spread.reviews for spread in there.values()) < hour.reviews:
                continue
            for model, spread in there.items():
                log = self._counted.get((tenant, model, start), Spread())
                if not self._close(log, spread, (tenant, model, start)):
                    yield model, start, log, spread

    def _close(self, log: Spread, store: Spread, place: Place) -> bool:
        """Equal but for the last bit of probabilities."""
        if (log.reviews, log.words, log.unknown) != (store.reviews, store.words, store.unknown):
            return False
        if abs(log.p_good - store.p_good) > P_TOLERANCE * log.reviews:
            return False
        edges = self._border.get(place, [(0, 0)] * BINS)
        # How many lie below each edge: those just below it may have come to lie above, and the other way round.
        pairs = zip(accumulate(log.bins), accumulate(store.bins), edges[1:], strict=False)
        return all(-below <= there - here <= above for here, there, (below, above) in pairs)
