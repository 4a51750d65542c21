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

LOGGED, SCORE, RATINGS = 6, 3, 6
"""Bytes of the first two, and possible ratings with none."""

_decode = msgspec.msgpack.Decoder(list[Any]).decode


def unpack(packed: bytes, product_id: str) -> RecentReview:
    """The review, of that product."""
    p_good, rating = divmod(int.from_bytes(packed[LOGGED : LOGGED + SCORE], "big"), RATINGS)
    values = _decode(packed[LOGGED + SCORE :])
    text, event_id, ago, name, title, language, source, truncated = values + [None] * (8 - len(values))
    return RecentReview(
        event_id=event_id,
        product_id=product_id,
        text=texts.unpack(text),
        occurred_ms=int.from_bytes(packed[:LOGGED], "big") - ago,
        p_good=p_good / P_SCALE,
        title=None if title is None else texts.unpack(title),
        rating=rating or None,
        product_name=None if name is None else texts.unpack(name),
        language=language,
        source=source,
        truncated=bool(truncated),
    )
