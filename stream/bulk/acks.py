"""Up to where may be committed: to the first message that was handed over and is not acknowledged.

Faust keeps offsets, and takes those that are missing between two of them for records that do not exist. With one
message for many records that would be most of them; and on a group's first assignment it commits past messages that are
still worked on.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Handed:
    """A message that was handed over, without what is in it."""

    after: int
    """The offset that follows its records: what is committed for it."""
    acked: bool = False


class Acks:
    """Messages of each partition, in the order in which they were handed over. Keys are topic-partitions."""

    def __init__(self) -> None:
        self._handed: dict[tuple[str, int], deque[Handed]] = {}
        self._committable: dict[tuple[str, int], int] = {}

    def hand(self, tp: tuple[str, int], message: Handed) -> None:
        """Note a message."""
        self._handed.setdefault(tp, deque()).append(message)

    def committable(self, tp: tuple[str, int]) -> int | None:
        """The offset to commit, as far as known; None before the first message is done."""
        waiting = self._handed.get(tp)
        while waiting and waiting[0].acked:
            self._committable[tp] = waiting.popleft().after
        return self._committable.get(tp)

    def partitions(self) -> list[tuple[str, int]]:
        """Those of which messages were handed over."""
        return list(self._handed)

    def forget(self, tps: Iterable[tuple[str, int]]) -> None:
        """Partitions that are sought, or go to another consumer: messages of theirs count for nothing any more."""
        for tp in tps:
            self._handed.pop(tp, None)
            self._committable.pop(tp, None)
