"""Processor time of Python's search for reference cycles, which begins in whatever allocates just then."""

import gc
import time
from types import TracebackType
from typing import Any, Self


class Collections:
    """Watches the searches of this process. A context manager.

    Attributes:
        seconds: processor time that they took so far, on any thread.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __enter__(self) -> Self:
        gc.callbacks.append(self._look)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gc.callbacks.remove(self._look)

    def _look(self, phase: str, _: dict[str, Any]) -> None:
        # Both calls are on the thread that searches, and no other searches meanwhile.
        if phase == "start":
            self._began = time.thread_time()
        else:
            self.seconds += time.thread_time() - self._began
