"""Reading a tenant's alert history page by page."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from api.http import cursors
from stream.alerts.book import Book
from stream.alerts.stepping import AlertEvent
from stream.store import places

BATCH: Final = 500
"""Events read at once; a filter that few pass reads all of the history, up to 10,000 events, some 60 ms."""


class Filters(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Which events are asked for; None lets all through."""

    rule: str | None = None
    product_id: str | None = None
    event: str | None = None
    severity: str | None = None

    def __call__(self, happened: AlertEvent) -> bool:
        """Whether an event is asked for."""
        wanted = (self.rule, self.product_id, self.event, self.severity)
        there = (happened.rule, happened.product_id, happened.event, happened.severity)
        return all(want in (None, has) for want, has in zip(wanted, there, strict=True))


class Cursor(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Where a page ended, and the question that it was an answer to."""

    filters: Filters
    place: str

    def __post_init__(self) -> None:
        # The first place is 0-1: Redis refuses to look before it.
        if not places.is_place(self.place) or places.place(self.place) == (0, 0):
            raise ValueError("no stream has such a place")

    def encode(self) -> str:
        """As handed to the client, which makes nothing of it."""
        return cursors.encode(self)


def decode_cursor(text: str, filters: Filters) -> str:
    """The place that a cursor names.

    Raises:
        Problem: it is not one of ours, or belongs to another question.
    """
    cursor = cursors.decode(text, Cursor)
    if cursor.filters != filters:
        raise cursors.another("other filters")
    return cursor.place


async def page(
    book: Book, tenant: str, wanted: Callable[[AlertEvent], bool], before: str | None, limit: int
) -> tuple[list[AlertEvent], str | None]:
    """The newest ``limit`` events before a place that are wanted, and where the next page begins (None: nowhere)."""
    found: list[tuple[str, AlertEvent]] = []
    while len(found) <= limit:
        batch = await book.history(tenant, before, BATCH)
        found += [(place, event) for place, event in batch if wanted(event)]
        if len(batch) < BATCH:
            break
        before = batch[-1][0]
    more = len(found) > limit
    found = found[:limit]
    return [event for _, event in found], found[-1][0] if more else None
