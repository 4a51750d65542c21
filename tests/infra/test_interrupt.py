"""Ctrl-C as a wish to stop."""

import os
import signal
import threading
import time

import pytest

from infra.interrupt import stop_on_interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_wakes_whoever_waits(number: signal.Signals) -> None:
    with stop_on_interrupt() as interrupt:
        assert not interrupt.is_set()
        assert not interrupt.wait(0.001)
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
        began = time.monotonic()
        assert interrupt.wait(30)
        assert time.monotonic() - began < 10
        assert interrupt.is_set()
        assert interrupt.wait(30)


def test_the_second_signal_ends_the_program_as_usual() -> None:
    with stop_on_interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.wait(30)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_afterwards_signals_are_handled_as_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_on_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
