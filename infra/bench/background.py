"""Work beside a benchmark, on a thread of its own."""

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Background(ABC):
    """Works from the beginning of a context to its end.

    Args:
        name: of the thread.

    Attributes:
        stop: set when it is to end.
        error: what ended it too early.
    """

    def __init__(self, name: str) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def work(self) -> None:
        """What is done, until :attr:`stop` is set; on the thread."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self.work()
        except BaseException as error:  # of a thread: told to whoever waits for the end
            self.error = error
