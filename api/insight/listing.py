"""Ranking a tenant's products and cutting the ranking into pages. Pure."""

import hashlib
from bisect import bisect_right
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from api.http import cursors
from api.shapes import ListWindow, Order, Sort
from api.times import MAX_INSTANT
from stream.measures import P_SCALE, bucket_start
from stream.statistics.shares import of_mean, ratio, wilson
from stream.store.state import ProductRow

SCOPE_CHARS: Final = 16

Place = tuple[bool, float, str]
"""Where a product stands: (nothing to rank by, rank with its sign for the order, product id); ascending."""


class Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last product of a page, and the question that it was an answer to.

    ``at_ms`` pins the window, so that later pages rank by the same numbers as the first.
    """

    window: ListWindow
    sort: Sort
    order: Order
    at_ms: Annotated[int, Meta(ge=0, le=MAX_INSTANT)]
    place: Place
    scope: Annotated[str, Meta(max_length=SCOPE_CHARS)] = ""
    """What is listed, see :func:`scope_of`."""

    def encode(self) -> str:
        """As handed to the client, which makes nothing of it."""
        return cursors.encode(self)


def pinned(at_ms: int) -> int:
    """The time that a cursor keeps. The minute's start has the same windows, and pages stay the same for a minute."""
    return bucket_start(at_ms, "1m")


def scope_of(**chosen: str | None) -> str:
    """A short name of what is listed, by the parameters that choose it; "" where none does."""
    given = sorted((name, value) for name, value in chosen.items() if value is not None)
    return hashlib.sha256(msgspec.json.encode(given)).hexdigest()[:SCOPE_CHARS] if given else ""


def decode_cursor(text: str, window: ListWindow, sort: Sort, order: Order, scope: str = "") -> Cursor:
    """The cursor that a client hands back.

    Raises:
        Problem: it is not one of ours, or belongs to another question.
    """
    cursor = cursors.decode(text, Cursor)
    if (cursor.window, cursor.sort, cursor.order) != (window, sort, order):
        raise cursors.another(f"window={cursor.window}, sort={cursor.sort}, order={cursor.order}")
    if cursor.scope != scope:
        raise cursors.another("another list")
    return cursor


def change(row: ProductRow) -> float | None:
    """Good ratio of the window less that of the window before; None when either has no reviews."""
    now = ratio(row.current.good, row.current.reviews)
    before = ratio(row.previous.good, row.previous.reviews)
    return None if now is None or before is None else now - before


class Listing:
    """A tenant's products over one window, ranked on demand."""

    def __init__(self, rows: list[ProductRow], *, keep_empty: bool) -> None:
        """Products without reviews in the window are left out unless ``keep_empty``."""
        self.rows = [row for row in rows if keep_empty or row.current.reviews]
        self._ranked: dict[tuple[Sort, Order], list[tuple[Place, ProductRow]]] = {}

    def page(self, sort: Sort, order: Order, after: Place | None, limit: int) -> tuple[list[ProductRow], Place | None]:
        """The ``limit`` rows behind ``after``, and where the next page begins (None: this is the last)."""
        ranked = self._ranked.get((sort, order))
        if ranked is None:
            ranked = sorted(((_place(row, sort, order), row) for row in self.rows), key=_first)
            self._ranked[sort, order] = ranked
        begin = 0 if after is None else bisect_right(ranked, after, key=_first)
        rows = ranked[begin : begin + limit]
        more = begin + limit < len(ranked)
        return [row for _, row in rows], rows[-1][0] if more else None


def _first(entry: tuple[Place, ProductRow]) -> Place:
    return entry[0]


def _place(row: ProductRow, sort: Sort, order: Order) -> Place:
    value = _value(row, sort)
    sign = -1.0 if order == "desc" else 1.0
    return value is None, 0.0 if value is None else sign * value, row.state.product_id or ""


def _value(row: ProductRow, sort: Sort) -> float | None:
    current = row.current
    match sort:
        case "reviews":
            return current.reviews
        case "good_ratio":
            return ratio(current.good, current.reviews)
        case "bad_ratio":
            return ratio(current.bad, current.reviews)
        case "good_lower":
            return _low(wilson(current.good, current.reviews))
        case "bad_lower":
            return _low(wilson(current.bad, current.reviews))
        case "mean_p_good_lower":
            return _low(of_mean(current.p_good / P_SCALE, current.reviews))
        case "mean_p_bad_lower":
            return _low(of_mean(current.reviews - current.p_good / P_SCALE, current.reviews))
        case "change":
            return change(row)


def _low(interval: tuple[float, float] | None) -> float | None:
    return interval[0] if interval else None
