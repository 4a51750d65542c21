"""Ctrl-C as a wish to stop."""

import hashlib
import os
import signal
import threading
import time

import pytest

from infra.interrupt import stop_on_interrupt, told_of_signals


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_main_thread_that_is_busy_does_not_delay_the_news_of_a_signal(number: signal.Signals) -> None:
    seen: list[str] = []
    with told_of_signals(lambda: seen.append("told")):
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
        hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 3_000_000)  # of C, without a look at signals
        seen.append("done")
    assert seen == ["told", "done"]


def test_every_signal_is_told_and_afterwards_they_are_handled_as_before() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    news = threading.Semaphore(0)
    with told_of_signals(news.release):
        for number in before:
            os.kill(os.getpid(), number)
            assert news.acquire(timeout=30)
    assert before == {number: signal.getsignal(number) for number in before}
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
