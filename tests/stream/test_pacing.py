"""Sending at the right moment, on a clock that the test moves."""

import pytest

from stream.pacing import Pacer


class FakeTime:
    """A clock that every look at it moves on by ``cost``; its sleep oversleeps by 60 microseconds, as Linux's does."""

    def __init__(self, cost: float) -> None:
        self.now = 1_000.0
        self.cost = cost
        self.stopped = False

    def __call__(self) -> float:
        self.now += self.cost
        return self.now

    def is_set(self) -> bool:
        return self.stopped

    def wait(self, timeout: float) -> bool:
        self.now += timeout + 60e-6
        return self.stopped


@pytest.mark.parametrize("rate", [1, 50, 1_000, 5_000, 20_000])
def test_a_rate_is_kept_to_a_percent(rate: int) -> None:
    time = FakeTime(cost=20e-6)
    pacer = Pacer(time, clock=time)
    began = time.now
    count = 0
    while pacer.until(count / rate) and time.now - began < 10:
        count += 1
    assert count == pytest.approx(10 * rate, rel=0.01, abs=1)


def test_after_a_stall_there_is_no_burst_to_catch_up() -> None:
    time = FakeTime(cost=1e-6)
    pacer = Pacer(time, clock=time)
    assert pacer.until(1)
    time.now += 600
    stalled = time.now
    for second in range(2, 12):
        assert pacer.until(second)
    assert time.now - stalled == pytest.approx(9, abs=0.01)


def test_a_short_delay_is_caught_up() -> None:
    time = FakeTime(cost=1e-6)
    pacer = Pacer(time, clock=time)
    began = time.now
    time.now += 0.5
    for tenth in range(1, 21):
        pacer.until(tenth / 10)
    assert time.now - began == pytest.approx(2, abs=0.01)


def test_a_stop_ends_the_waiting() -> None:
    time = FakeTime(cost=0)
    pacer = Pacer(time, clock=time)
    assert pacer.until(0)
    time.stopped = True
    assert not pacer.until(0)
    assert not pacer.until(60)
