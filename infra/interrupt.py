"""Ctrl-C as a wish to stop, so that what was begun is finished and counted."""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any


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
        os.write(self._writer, b"\0")

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
        _restore(before)
        interrupt.set()

    for number in before:
        signal.signal(number, handle)
    try:
        yield interrupt
    finally:
        _restore(before)
        interrupt.close()


@contextmanager
def told_of_signals(told: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM call ``told``, in a thread of its own: a main thread that is busy or waits does not delay it.

    Enter it in the main thread. ``told`` is called once a signal, one call after the other.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def listen() -> None:
        while number := os.read(reader, 1):
            if number[0] in numbers:
                told()
        os.close(reader)

    # Python writes the number there as the signal comes; its handlers wait until the main thread is at leisure.
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=listen, name="signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        _restore(before)
        os.close(writer)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the program as Ctrl-C does, by an exception: what it started is stopped, its files go.

    Only the first one counts: timeout(1) sends two, and the second must not break off what the first began. One that
    is ignored (nohup) stays so.
    """
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]

    def handle(number: int, _frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, lambda *_: None)
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        _restore(before)


def _restore(handlers: Mapping[signal.Signals, Any]) -> None:
    """Handle signals as before, by what ``signal.signal`` or ``signal.getsignal`` gave."""
    for number, handler in handlers.items():
        signal.signal(number, handler)
