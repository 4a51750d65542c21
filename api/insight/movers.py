"""Which products' good share changed most between a window and the one before it. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from api.http import cursors
from api.insight.listing import SCOPE_CHARS
from api.shapes import Direction
from api.times import MAX_INSTANT
from stream.statistics.two_samples import Sample, benjamini_hochberg, difference_interval, fisher
from stream.store.state import ProductRow

Place = tuple[bool, float, float, str]
"""Where a product stands: (not shown to have changed, less what it changed at least, p, product id); ascending."""


class Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last product of a page, and the question that it was an answer to; ``at_ms`` pins the windows."""

    scope: Annotated[str, Meta(max_length=SCOPE_CHARS)]
    """What was asked, see :func:`api.insight.listing.scope_of`."""
    at_ms: Annotated[int, Meta(ge=0, le=MAX_INSTANT)]
    place: Place

    def encode(self) -> str:
        """As handed to the client, which makes nothing of it."""
        return cursors.encode(self)


def decode_cursor(text: str, scope: str) -> Cursor:
    """The cursor that a client hands back.

    Raises:
        Problem: it is not one of ours, or belongs to another question.
    """
    cursor = cursors.decode(text, Cursor)
    if cursor.scope != scope:
        raise cursors.another("another question")
    return cursor


@dataclass(frozen=True, slots=True)
class Mover:
    """A product whose two windows were tested against each other."""

    row: ProductRow
    change: float
    """Good share of the window less that of the window before, -1..1."""
    interval: tuple[float, float]
    """At 95 %, of ``change``."""
    p: float
    q: float
    """``p`` corrected for all products that were tested."""

    @property
    def at_least(self) -> float:
        """By how much the share changed at least: the end of the interval that is nearer to 0, or 0 if that is inside.

        Products are ordered by it: 2 of 2 after 0 of 2 is a change of 1 that may be one of 0, 900 of 1,000 after 700 of
        1,000 is one of 0.2 that is surely 0.16.
        """
        low, high = self.interval
        return max(low, -high, 0.0)


def examine(rows: Iterable[ProductRow], min_reviews: int) -> list[Mover]:
    """The products that have ``min_reviews`` or more in both windows, each tested against no change.

    How many reviews there are says nothing of their shares, so leaving out small products before the correction for
    many tests does not bias it, and spares the others its price (R. Bourgon, R. Gentleman, W. Huber, "Independent
    filtering increases detection power for high-throughput experiments", PNAS 107 (2010), 9546-9551).
    """
    enough = [row for row in rows if min(row.current.reviews, row.previous.reviews) >= max(1, min_reviews)]
    samples = [
        (Sample(row.current.good, row.current.reviews), Sample(row.previous.good, row.previous.reviews))
        for row in enough
    ]
    p_values = [fisher(now, before) for now, before in samples]
    found = []
    for row, (now, before), p, q in zip(enough, samples, p_values, benjamini_hochberg(p_values), strict=True):
        interval = difference_interval(now, before)
        if interval is not None:  # neither is empty
            found.append(Mover(row, now.good / now.n - before.good / before.n, interval, p, q))
    return found


def ordered(movers: Sequence[Mover], direction: Direction, fdr: float) -> list[Mover]:
    """Those that went in ``direction``: first those that changed at a false discovery rate of ``fdr``.

    Within both parts by how much they changed at least, of equals the smaller p-value first.
    """
    sign = {"any": 0, "up": 1, "down": -1}[direction]
    wanted = [mover for mover in movers if not sign or sign * mover.change > 0]
    return sorted(wanted, key=lambda mover: place(mover, fdr))


def place(mover: Mover, fdr: float) -> Place:
    """Where a product stands in :func:`ordered`."""
    return mover.q > fdr, -mover.at_least, mover.p, mover.row.state.product_id or ""


def page(listed: Sequence[Mover], fdr: float, after: Place | None, limit: int) -> tuple[Sequence[Mover], Place | None]:
    """The ``limit`` of those in order that stand behind ``after``, and where the next page begins (None: nowhere)."""
    begin = 0 if after is None else bisect_right(listed, after, key=lambda mover: place(mover, fdr))
    rows = listed[begin : begin + limit]
    return rows, place(rows[-1], fdr) if begin + limit < len(listed) else None
