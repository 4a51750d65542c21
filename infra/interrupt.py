"""Ctrl-C as a wish to stop, so that what was begun is finished and counted."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether the user wants to stop. Like ``threading.Event``, whose lock a signal handler must not touch."""

    def __init__(self) -> None:
        self._set = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def is_set(self) -> bool:
        """Whether the user wants to stop."""
        return self._set

    def wait(self, timeout: float) -> bool:
        """Sleep ``timeout`` seconds, less when the user wants to stop. Whether they do."""
        if not self._set:
            select.select([self._reader], [], [], timeout)
        return self._set

    def set(self) -> None:
        """Stop. May be called from a signal handler."""
        self._set = True
        os.write(self._writer, b"\\0")

    def close(self) -> None:
        """Close the pipe behind it."""
        os.close(self._reader)
        os.close(self._writer)


@contextmanager
def stop_on_interrupt() -> Iterator[Interrupt]:
    """The first SIGINT or SIGTERM sets the interrupt; the second ends the program as usual."""
    interrupt = Interrupt()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(_number: int, _frame: FrameType | None) -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        interrupt.set()

    for number in before:
        signal.signal(number, handle)
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        interrupt.close()
