"""A demo to watch: some past, then traffic until the user has seen enough, and one line that says how it goes."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from infra.demo.stack import DemoStack
from infra.demo.traffic import Outlet, around, now_ms, week_before
from infra.errors import CommandError
from infra.interrupt import Interrupt
from stream.simulate import live
from stream.store.state import WorkerStatus

STATUS_SECONDS: Final = 1.0
"""Workers write how they are once a second; looking more often shows nothing new."""


class LiveDemo(AbstractContextManager["LiveDemo"]):
    """The traffic of one demo.

    Args:
        stack: the running parts.
        rate: reviews a second.
        seed: of the simulator.
        stop: the user's wish to stop.
    """

    def __init__(self, stack: DemoStack, rate: float, seed: int, stop: Interrupt) -> None:
        self._stack = stack
        self._stop = stop
        self._start_ms = now_ms()
        self._past = week_before(seed, self._start_ms)
        self._present = around(seed, self._start_ms, rate)
        self._outlet = Outlet(stack, stop)

    def tell_past(self) -> None:
        """Publish a week in brief and the last half hour in full, and wait until the workers have most of it.

        Raises:
            CommandError: a part of the demo has ended.
        """
        for event in self._past:
            if not self._outlet.publish(event):
                return
        for event in self._present:
            if not self._outlet.publish(event) or event.occurred_ms >= self._start_ms:
                return

    def tell_present(self, reviews: int | None) -> None:
        """Publish each event at its time, until the user wants to stop; no more after ``reviews``.

        Raises:
            CommandError: a part of the demo has ended.
        """
        with until_stopped(self._stack, self._stop):
            for event in islice(live(self._present, self._stop), reviews):
                if not self._outlet.publish(event):
                    break

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._outlet.__exit__(kind, error, traceback)


@contextmanager
def until_stopped(stack: DemoStack, stop: Interrupt) -> Iterator[None]:
    """Show how the demo is while the context's body runs, and on until the user wants to stop.

    Raises:
        CommandError: a part of the demo has ended.
    """
    with _StatusLine(stack, stop) as status:
        yield
        while not stop.wait(STATUS_SECONDS):
            pass
    if status.failure is not None:
        raise status.failure


class _StatusLine(AbstractContextManager["_StatusLine"]):
    """One line on a terminal's standard error, renewed each second; stops the demo when a part of it has ended."""

    def __init__(self, stack: DemoStack, stop: Interrupt) -> None:
        self.failure: CommandError | None = None
        self._stack = stack
        self._stop = stop
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aura-demo-status", daemon=True)
        console = Console(stderr=True)
        self._line = (
            Live(Text("..."), console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        )

    def __enter__(self) -> Self:
        if self._line is not None:
            self._line.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
        if self._line is not None:
            self._line.stop()

    def _run(self) -> None:
        while not self._closing.wait(STATUS_SECONDS):
            try:
                self._stack.check()
            except CommandError as failure:
                self.failure = failure
                self._stop.set()
                return
            if self._line is not None:
                self._line.update(Text(status_line(self._stack.workers())), refresh=True)


def status_line(workers: list[WorkerStatus]) -> str:
    """How the workers are, in one line."""
    if not workers:
        return "no worker gives a sign of life"
    partitions = [partition for worker in workers for partition in worker.partitions]
    applied = sum(partition.fence + 1 for partition in partitions)
    lag = sum(max(0, partition.end - partition.fence - 1) for partition in partitions)
    rate = sum(worker.reviews_per_second for worker in workers)
    dead = sum(worker.dead_letters for worker in workers)
    return (
        f"{rate:,.0f} reviews/s   {applied:,} counted   {lag:,} waiting   {dead:,} dead letters   "
        f"{workers[0].device}   Ctrl-C ends it"
    )
