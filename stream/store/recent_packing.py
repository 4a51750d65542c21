"""Recent reviews of a batch to the form of :mod:`stream.store.recent`."""

from collections.abc import Sequence

import msgspec

from stream.fold import RECENT_TEXT_CHARS, Scored
from stream.lexicon import packing
from stream.store.recent import LOGGED, RATINGS, SCORE

_encode = msgspec.msgpack.Encoder().encode


def pack(reviews: Sequence[Scored], now_ms: int) -> list[bytes]:
    """Reviews as they are kept.

    Args:
        reviews: to keep.
        now_ms: the clock. A log whose clock was ahead for a while must not keep these texts, and those behind them,
            until that time comes.
    """
    parts = list[str]()
    for event, *_ in reviews:
        parts += event.text[:RECENT_TEXT_CHARS], event.product_name or "", event.title or ""
    packed = iter(packing.pack(parts))
    return [
        _packed(scored, now_ms, text, name, title)
        for scored, text, name, title in zip(reviews, packed, packed, packed, strict=True)
    ]


def _packed(scored: Scored, now_ms: int, text: bytes, name: bytes, title: bytes) -> bytes:
    event, p_good, logged_ms, _, _ = scored
    logged_ms = min(logged_ms, now_ms)
    values: list[object] = [
        text,
        event.event_id,
        logged_ms - event.occurred_ms,
        None if event.product_name is None else name,
        None if event.title is None else title,
        event.language,
        event.source,
        True if len(event.text) > RECENT_TEXT_CHARS else None,
    ]
    while values[-1] is None:
        del values[-1]
    head = (logged_ms << 8 * SCORE) + p_good * RATINGS + (event.rating or 0)
    return head.to_bytes(LOGGED + SCORE, "big") + _encode(values)
