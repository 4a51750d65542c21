"""The processes that run trials, as seen by the one that has them run."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Final, NamedTuple

from models.tuning.trial import Search, Trial
from models.tuning.worker import Material, Order, Progressed, serve

END_SECONDS: Final = 5.0
"""For a process to end after SIGTERM, which Python's default handler obeys at once; then it is killed."""


class Died(NamedTuple):
    """A process ended before its trial was over."""

    order: Order
    code: int
    """Exit status; below 0 the number of the signal."""


class _Worker(NamedTuple):
    process: SpawnProcess
    connection: Connection


class Workers(AbstractContextManager["Workers"]):
    """Up to ``jobs`` processes, each started when there is work for it, ended with the block."""

    def __init__(self, search: Search, material: Material, jobs: int) -> None:
        self._search = search
        self._material = material
        self._jobs = jobs
        self._idle: list[_Worker] = []
        self._busy: dict[_Worker, Order] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all of them at once: what a running trial has done is in its checkpoint."""
        workers = [*self._idle, *self._busy]
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join(END_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.connection.close()

    @property
    def full(self) -> bool:
        """Whether no further trial can begin."""
        return len(self._busy) >= self._jobs

    @property
    def running(self) -> list[int]:
        """Numbers of the trials that run."""
        return [order.number for order in self._busy.values()]

    def begin(self, order: Order) -> None:
        """Run a trial. Where its process has just died, :meth:`heard` says so."""
        self._idle = [worker for worker in self._idle if worker.process.is_alive()]
        worker = self._idle.pop() if self._idle else self._started()
        self._busy[worker] = order
        with suppress(BrokenPipeError):
            worker.connection.send(order)

    def heard(self, timeout: float) -> Iterator[Progressed | Trial | Died]:
        """What the processes say within ``timeout`` seconds, or have said."""
        by_connection = {worker.connection: worker for worker in self._busy}
        for ready in wait(list(by_connection), timeout):
            worker = by_connection[ready]  # type: ignore[index]  # no socket was given
            try:
                message: Progressed | Trial = worker.connection.recv()
            except (EOFError, OSError):  # the second where it was killed while it spoke, or was spoken to
                worker.process.join()
                worker.connection.close()
                yield Died(self._busy.pop(worker), worker.process.exitcode or 0)
                continue
            if isinstance(message, Trial):
                del self._busy[worker]
                self._idle.append(worker)
            yield message

    def _started(self) -> _Worker:
        context = multiprocessing.get_context("spawn")  # TensorFlow's threads do not survive a fork
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._search, self._material), daemon=True)
        # Ctrl-C is sent to them as well, and must not reach them: it is ours to end them. They inherit what is blocked.
        # The tracker first: the start of it, which is a part of the first process's, would unblock the signal.
        resource_tracker.ensure_running()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
        return _Worker(process, ours)
