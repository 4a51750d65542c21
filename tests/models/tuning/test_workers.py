"""Processes that die where it hurts, as those see them that have them run."""

import multiprocessing
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.training.fit import Part
from models.tuning import workers as module
from models.tuning.worker import Material, Order
from models.tuning.workers import Died, Workers
from tests.models.tuning.samples import first, search

NOTHING = Part(np.empty((0, 1), np.int32), np.empty(0, np.intp))


class Gone:
    """A process of which nobody has heard yet that it is dead."""

    exitcode = -9

    def is_alive(self) -> bool:
        return True

    def terminate(self) -> None:
        pass

    def join(self, timeout: float | None = None) -> None:
        pass


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The end of the pipe that a process has."""
    ours, theirs = multiprocessing.Pipe()
    process: Any = Gone()
    monkeypatch.setattr(Workers, "_started", lambda _: module._Worker(process, ours))
    return theirs


ORDER = Order(0, first(search().space), Path("trial-0.checkpoint"))


def workers() -> Workers:
    return Workers(search(), Material(NOTHING, NOTHING), 1)


def test_a_process_that_died_before_its_order_is_told(theirs: Any) -> None:
    theirs.close()
    with workers() as one:
        one.begin(ORDER)
        assert list(one.heard(0)) == [Died(ORDER, -9)]
        assert one.running == []


def test_a_process_that_died_in_the_middle_of_a_word_is_told(theirs: Any) -> None:
    with workers() as one:
        one.begin(ORDER)
        theirs.recv()
        os.write(theirs.fileno(), struct.pack("!i", 100) + b"half of what it would say")
        theirs.close()
        assert list(one.heard(0)) == [Died(ORDER, -9)]
        assert one.running == []
