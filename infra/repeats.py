"""A filter of logs: what a library says again and again is passed on ever more rarely, with how often it was said."""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from stream.retry import TELL_SECONDS

FRESH_SECONDS: Final = 60.0
"""Not said for this long, a thing is news again. While a broker is away, aiokafka says the same ten times a second."""


@dataclass(slots=True)
class _Said:
    passed: float
    last: float
    distance: float = TELL_SECONDS[0]
    withheld: int = 0


class Repeats(logging.Filter):
    """Passes the first of a kind, then with doubling distances. A kind is a logger, a level and a message's template:
    a Kafka of one node that was away for 20 s made 3,400 lines of four kinds.

    Args:
        libraries: the loggers that it is about, with all below them; of others everything is passed.
        clock: monotonic seconds.
    """

    def __init__(self, libraries: Collection[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._libraries = tuple(name + "." for name in libraries)
        self._clock = clock
        self._said: dict[tuple[str, int, str], _Said] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is passed on; its message then tells of those that were not."""
        if not (record.name + ".").startswith(self._libraries):
            return True
        now, kind = self._clock(), (record.name, record.levelno, str(record.msg))
        said = self._said.get(kind)
        if said is None or now - said.last > FRESH_SECONDS:
            # Kinds that are no longer said go, or templates that hold a value would pile up.
            self._said = {other: one for other, one in self._said.items() if now - one.last <= FRESH_SECONDS}
            self._said[kind] = _Said(now, now)
            return True
        said.last = now
        if now - said.passed < said.distance:
            said.withheld += 1
            return False
        if said.withheld:
            record.msg, record.args = f"{record.getMessage()} (and {said.withheld} times like it since)", None
        said.passed, said.distance, said.withheld = now, min(said.distance * 2, TELL_SECONDS[1]), 0
        return True
