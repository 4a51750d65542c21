"""Reviews at a constant rate."""

import threading
import time
from itertools import cycle
from types import TracebackType
from typing import Self

import msgspec

from stream.event import ReviewEvent
from stream.pacing import Pacer
from stream.publish import Publisher


class Traffic:
    """Publishes at a rate on a thread of its own, until told to stop. A context manager.

    Args:
        publisher: which leaves what it has taken to its own threads.
        rows: sent in turn, each time under a new id.
        rate: reviews a second.

    Attributes:
        error: what ended it too early.
    """

    def __init__(self, publisher: Publisher, rows: list[ReviewEvent], rate: float) -> None:
        self._publisher, self._rows, self._rate = publisher, rows, rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aura-bench-traffic", daemon=True)
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pacer = Pacer(self._stop)
        try:
            for number, row in enumerate(cycle(self._rows)):
                if not pacer.until(number / self._rate):
                    return
                now_ms = time.time_ns() // 1_000_000
                self._publisher.publish(msgspec.structs.replace(row, event_id=f"steady-{number}", occurred_at=now_ms))
        except BaseException as error:  # of a thread: told to whoever waits for the end
            self.error = error
