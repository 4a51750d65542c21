"""Good and bad reviews per product in Redis: the sums of a batch, in one round trip."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from redis import Redis

REVIEWS: Final = "reviews"
"""Key of the number of all reviews."""

PRODUCT: Final = "product:"
"""What a product's key begins with; fields ``good`` and ``bad``."""

Sums = Counter[tuple[str, bool]]
"""Reviews by product and whether they are bad."""


def sums(products: Iterable[str], bad: Iterable[bool]) -> Sums:
    """Of one batch."""
    return Counter(zip(products, bad, strict=True))


def add(client: Redis, counted: Sums) -> None:
    """Write them."""
    pipeline = client.pipeline(transaction=False)
    for (product, is_bad), count in counted.items():
        pipeline.hincrby(PRODUCT + product, "bad" if is_bad else "good", count)
    pipeline.incrby(REVIEWS, counted.total())
    pipeline.execute()
