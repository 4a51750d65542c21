"""Recent reviews of a batch to the form of :mod:`stream.store.recent`."""

from collections.abc import Sequence
from typing import Any

import msgspec

from stream.lexicon import packing
from stream.measures import P_SCALE
from stream.store.recent import LOGGED, RATINGS, SCORE
from stream.store.state import RecentReview

_encode = msgspec.msgpack.Encoder().encode


def pack(reviews: Sequence[tuple[int, RecentReview]]) -> list[bytes]:
    """Reviews with when the log took each (ms)."""
    parts = [part for _, review in reviews for part in (review.text, review.product_name or "", review.title or "")]
    packed = iter(packing.pack(parts))
    return [
        _packed(logged_ms, review, text, name, title)
        for (logged_ms, review), text, name, title in zip(reviews, packed, packed, packed, strict=True)
    ]


def _packed(logged_ms: int, review: RecentReview, text: bytes, name: bytes, title: bytes) -> bytes:
    values: list[Any] = [
        text,
        review.event_id,
        logged_ms - review.occurred_ms,
        None if review.product_name is None else name,
        None if review.title is None else title,
        review.language,
        review.source,
        review.truncated or None,
    ]
    while values[-1] is None:
        values.pop()
    score = round(review.p_good * P_SCALE) * RATINGS + (review.rating or 0)
    return logged_ms.to_bytes(LOGGED, "big") + score.to_bytes(SCORE, "big") + _encode(values)
