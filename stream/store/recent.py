"""A recent review as the store keeps it: when the log took it, six bytes that the script reads, and the review.

Of that first, in three bytes, six times P(good) in millionths and the rating, 0 for none. Then a list in msgpack, with
text, title and product's name packed by frequent words; what is not there at its end is left out. Which product it is
of says the key. A review of 160 characters takes 80 bytes so, where JSON took 350.
"""

from typing import Any

import msgspec

from stream.lexicon import texts
from stream.measures import P_SCALE
from stream.store.state import RecentReview

_LOGGED, _SCORE, _RATINGS = 6, 3, 6

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Any]).decode


def pack(logged_ms: int, review: RecentReview) -> bytes:
    """A review that the log took then (ms)."""
    values: list[Any] = [
        texts.pack(review.text),
        review.event_id,
        logged_ms - review.occurred_ms,
        None if review.product_name is None else texts.pack(review.product_name),
        None if review.title is None else texts.pack(review.title),
        review.language,
        review.source,
        review.truncated or None,
    ]
    while values[-1] is None:
        values.pop()
    score = round(review.p_good * P_SCALE) * _RATINGS + (review.rating or 0)
    return logged_ms.to_bytes(_LOGGED, "big") + score.to_bytes(_SCORE, "big") + _encode(values)


def unpack(packed: bytes, product_id: str) -> RecentReview:
    """The review, of that product."""
    p_good, rating = divmod(int.from_bytes(packed[_LOGGED : _LOGGED + _SCORE], "big"), _RATINGS)
    values = _decode(packed[_LOGGED + _SCORE :])
    text, event_id, ago, name, title, language, source, truncated = values + [None] * (8 - len(values))
    return RecentReview(
        event_id=event_id,
        product_id=product_id,
        text=texts.unpack(text),
        occurred_ms=int.from_bytes(packed[:_LOGGED], "big") - ago,
        p_good=p_good / P_SCALE,
        title=None if title is None else texts.unpack(title),
        rating=rating or None,
        product_name=None if name is None else texts.unpack(name),
        language=language,
        source=source,
        truncated=bool(truncated),
    )
