"""One read for many viewers: answers shared for a short time, and while they are being read."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


KEEP_PER_COST: Final = 4.0
"""An answer is kept this many times as long as it took: reading one again and again costs a fifth of a core at most.
Without it a listing of 10,000 products (over a second of work) would be read all the time that somebody looks at it."""


@dataclass(slots=True)
class _Entry(Generic[_Value]):
    task: "asyncio.Task[_Value]"
    begun_at: float
    old_at: float | None = None
    """When it is too old; None while it is being read."""


class SharedReads(Generic[_Key, _Value]):
    """Answers by key, each read once however many ask, and read anew when it is older than ``seconds``.

    Answers that take long are kept longer, see :data:`KEEP_PER_COST`.
    """

    def __init__(self, seconds: float, size: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep at most ``size`` answers, the oldest going first."""
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._entries: dict[_Key, _Entry[_Value]] = {}

    async def get(self, key: _Key, read: Callable[[], Coroutine[Any, Any, _Value]]) -> _Value:
        """The answer for ``key``. A failed read raises in all who wait for it, and is not kept."""
        self._drop_old()
        entry = self._entries.get(key)
        if entry is None:
            # A task of its own: one caller going away must not fail the others.
            entry = _Entry(asyncio.create_task(read()), self._clock())
            entry.task.add_done_callback(lambda task: self._finish(key, entry, task))
            self._entries[key] = entry
            while len(self._entries) > self._size:
                del self._entries[next(iter(self._entries))]
        return await asyncio.shield(entry.task)

    def _finish(self, key: _Key, entry: _Entry[_Value], task: "asyncio.Task[_Value]") -> None:
        now = self._clock()
        keep = max(self._seconds, KEEP_PER_COST * (now - entry.begun_at))
        entry.old_at = now + keep
        # Large listings must not stay in memory when nobody asks any more.
        asyncio.get_running_loop().call_later(keep, self._drop_old)
        failed = task.cancelled() or task.exception() is not None
        if failed and self._entries.get(key) is entry:
            del self._entries[key]

    def _drop_old(self) -> None:
        now = self._clock()
        old = [key for key, entry in self._entries.items() if entry.old_at is not None and entry.old_at <= now]
        for key in old:
            del self._entries[key]
