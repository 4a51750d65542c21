"""Old reviews again, in the order and at the pace in which they were written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from stream.event import ReviewEvent
from stream.readers.rows import Accepted

MAX_REPLAY_ROWS: Final = 2_000_000
"""Rows that are held to be sorted: files are in any order (Datafiniti's are by product), and about 1 KB a row makes
this 2 GB."""


class ReplayTooLong(Exception):
    """More rows than can be sorted in memory.

    Attributes:
        most: how many can.
    """

    def __init__(self, most: int) -> None:
        super().__init__(
            f"more than {most} reviews; a replay sorts them in memory: split the file or read a part of it"
        )
        self.most = most


@dataclass(frozen=True, slots=True)
class Timed:
    """A review and when to send it."""

    event: ReviewEvent
    seconds: float
    """After the start of the replay."""


def in_time_order(rows: Iterable[Accepted], most: int = MAX_REPLAY_ROWS) -> list[ReviewEvent]:
    """All events by the time they were written; equal times keep the file's order.

    Raises:
        ReplayTooLong: there are more than ``most``.
    """
    events: list[ReviewEvent] = []
    for row in rows:
        if len(events) == most:
            raise ReplayTooLong(most)
        events.append(row.event)
    events.sort(key=lambda event: event.occurred_ms)
    return events


def timed(events: list[ReviewEvent], speed: float, now_ms: int | None = None) -> Iterator[Timed]:
    """Keep the gaps between event times, divided by ``speed``.

    Args:
        events: in time order.
        speed: 1 is real time, 3600 an hour a second.
        now_ms: the time at which the replay starts, to have each event happen when it is sent, as if live; None leaves
            the event times alone.
    """
    if not events:
        return
    first = events[0].occurred_ms
    for event in events:
        seconds = (event.occurred_ms - first) / 1000 / speed
        if now_ms is None:
            yield Timed(event, seconds)
        else:
            yield Timed(msgspec.structs.replace(event, occurred_at=now_ms + int(seconds * 1000)), seconds)
