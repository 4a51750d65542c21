"""What is passed on of a library that says the same again and again, by a clock that the tests set."""

import logging

from infra.repeats import FRESH_SECONDS, Repeats
from tests.stream.clock import Clock


class Log:
    """Loggers under a filter; keeps what it passes."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.passed: list[str] = []
        self._filter = Repeats(["aiokafka", "mode"], clock=self.clock)

    def say(self, name: str, message: str, *args: object, level: int = logging.ERROR) -> None:
        record = logging.LogRecord(name, level, __file__, 1, message, args, None)
        if self._filter.filter(record):
            self.passed.append(record.getMessage())


def test_an_outage_of_half_a_minute_is_a_few_lines_that_say_how_often() -> None:
    log = Log()
    for attempt in range(300):
        log.say("aiokafka.cluster", "Cannot connect to %s: try %d", "node 1", attempt)
        log.clock.now += 0.1
    assert log.passed == [
        "Cannot connect to node 1: try 0",
        "Cannot connect to node 1: try 50 (and 49 times like it since)",
        "Cannot connect to node 1: try 150 (and 99 times like it since)",
    ]


def test_what_is_different_is_passed_at_once() -> None:
    log = Log()
    log.say("aiokafka", "Cannot connect to %s", "node 1")
    log.say("aiokafka", "Topic %s is gone", "reviews")
    log.say("mode.timers", "Cannot connect to %s", "node 1")
    log.say("aiokafka", "Cannot connect to %s", "node 1", level=logging.CRITICAL)
    log.say("aiokafka", "Cannot connect to %s", "node 2")
    assert len(log.passed) == 4


def test_what_was_not_said_for_a_while_is_news_again() -> None:
    log = Log()
    for _ in range(3):
        log.say("aiokafka", "Cannot connect")
        log.clock.now += FRESH_SECONDS + 1
    assert log.passed == ["Cannot connect"] * 3


def test_our_own_lines_and_those_of_libraries_with_alike_names_are_all_passed() -> None:
    log = Log()
    for name in ("aura.worker", "model", "aiokafkaesque"):
        log.say(name, "the same")
        log.say(name, "the same")
    assert len(log.passed) == 6
