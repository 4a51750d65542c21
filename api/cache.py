"""One read for many viewers: answers shared for a short time, and while they are being read."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


@dataclass(slots=True)
class _Entry(Generic[_Value]):
    task: "asyncio.Task[_Value]"
    done_at: float | None = field(default=None)


class SharedReads(Generic[_Key, _Value]):
    """Answers by key, each read once however many ask, and read anew when it is older than ``seconds``."""

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
            entry = _Entry(asyncio.create_task(read()))
            entry.task.add_done_callback(lambda task: self._finish(key, entry, task))
            self._entries[key] = entry
            while len(self._entries) > self._size:
                del self._entries[next(iter(self._entries))]
        return await asyncio.shield(entry.task)

    def _finish(self, key: _Key, entry: _Entry[_Value], task: "asyncio.Task[_Value]") -> None:
        entry.done_at = self._clock()
        failed = task.cancelled() or task.exception() is not None
        if failed and self._entries.get(key) is entry:
            del self._entries[key]

    def _drop_old(self) -> None:
        limit = self._clock() - self._seconds
        old = [key for key, entry in self._entries.items() if entry.done_at is not None and entry.done_at <= limit]
        for key in old:
            del self._entries[key]
