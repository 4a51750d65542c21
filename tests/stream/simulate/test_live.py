"""Each event at its time, on a clock that the test moves."""

from stream.event import ReviewEvent
from stream.simulate import live
from stream.simulate.live import LATE_MS

START = 1_700_000_000_000


class FakeTime:
    def __init__(self) -> None:
        self.now = START
        self.stopped = False

    def now_ms(self) -> int:
        return self.now

    def is_set(self) -> bool:
        return self.stopped

    def wait(self, timeout: float) -> bool:
        self.now += round(timeout * 1000)
        return self.stopped


def review(at: int) -> ReviewEvent:
    return ReviewEvent(f"e-{at}", "shop", "kettle", "Fine.", START + at)


def test_no_event_comes_before_its_time() -> None:
    time = FakeTime()
    seen = [(event.occurred_ms, time.now) for event in live([review(0), review(700), review(2_000)], time, time.now_ms)]
    assert seen == [(START, START), (START + 700, START + 700), (START + 2_000, START + 2_000)]


def test_after_a_sleep_of_the_machine_traffic_goes_on_at_the_present() -> None:
    time = FakeTime()
    seen = []
    for event in live([review(at) for at in range(0, 100_000, 1_000)], time, time.now_ms):
        seen.append(event.occurred_ms - START)
        if len(seen) == 3:
            time.now += 60_000
    assert seen[:3] == [0, 1_000, 2_000]
    assert seen[3] == 62_000 - LATE_MS + 1_000
    assert seen[-1] == 99_000


def test_a_stop_ends_it_at_once() -> None:
    time = FakeTime()
    events = live([review(0), review(0), review(9_000)], time, time.now_ms)
    assert next(events).occurred_ms == START
    time.stopped = True
    assert list(events) == []
