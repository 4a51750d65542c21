"""When a worker is dead, and when it is ready: the rule, by a clock that the tests set."""

from stream.health import DEAD_SECONDS, FRESH_SECONDS, READY_SECONDS, Health
from stream.positions import Position, Positions
from stream.retry import Troubles
from tests.stream.clock import Clock
from tests.stream.samples import TP

REASON = "no route to host"


class Rig:
    """A worker whose heart beats once a second, with one partition."""

    def __init__(self, *, end: int = 100) -> None:
        self.clock = Clock()
        self.positions = Positions()
        self.troubles = Troubles(self.clock)
        self.health = Health(self.positions, self.troubles, clock=self.clock)
        self.positions.assign({TP: [9]})
        self.position.end = end

    @property
    def position(self) -> Position:
        return dict(self.positions.items())[TP]

    def beat(self, seconds: float, trouble: str = "", *, outside: bool = False) -> None:
        """Let time pass while the heart beats."""
        for _ in range(int(seconds)):
            self.clock.now += 1
            if trouble:
                self.troubles.seen(trouble, REASON, outside=outside)
            self.health.turned()


def test_a_worker_that_applies_something_now_and_then_lives() -> None:
    rig = Rig()
    for _ in range(20):
        rig.beat(DEAD_SECONDS - 1)
        rig.position.fences[0] += 1
        assert rig.health.dead() is None
    assert rig.health.unready() == []


def test_a_worker_with_records_that_wait_and_no_progress_is_dead_after_a_while() -> None:
    rig = Rig(end=30)
    rig.beat(DEAD_SECONDS)
    assert rig.health.dead() is None
    rig.beat(2)
    assert "20 records wait, and none was applied for 61 s" in str(rig.health.dead())
    assert rig.health.unready() == [rig.health.dead()]


def test_a_worker_with_nothing_to_do_lives_and_has_time_from_when_something_comes() -> None:
    rig = Rig(end=10)
    rig.beat(3_600)
    assert rig.health.dead() is None
    rig.position.end = 11
    rig.beat(DEAD_SECONDS)
    assert rig.health.dead() is None
    rig.beat(1)
    assert rig.health.dead()


def test_records_that_the_log_dropped_before_the_worker_came_are_not_waited_for() -> None:
    rig = Rig()
    rig.positions.revoke([TP])
    rig.positions.assign({TP: [99]})
    rig.position.end = 100
    rig.beat(DEAD_SECONDS * 2)
    assert rig.health.dead() is None


def test_a_worker_whose_heart_beat_does_not_turn_is_dead_though_nothing_waits() -> None:
    rig = Rig(end=10)
    rig.beat(3)
    rig.clock.now += DEAD_SECONDS + 1
    assert "has not turned for 61 s" in str(rig.health.dead())


def test_a_heart_beat_that_waits_while_reviews_are_applied_is_no_death() -> None:
    rig = Rig()
    for _ in range(10):
        rig.clock.now += DEAD_SECONDS / 2
        rig.position.fences[0] += 1
        assert rig.health.dead() is None


def test_what_lies_outside_excuses_a_standstill_and_leaves_time_when_it_is_over() -> None:
    rig = Rig()
    rig.beat(3_600, "the heart-beat does not reach Redis", outside=True)
    assert rig.health.dead() is None
    assert rig.health.unready() == [f"the heart-beat does not reach Redis for 3599 s: {REASON}"]
    rig.troubles.over("the heart-beat does not reach Redis")
    rig.beat(DEAD_SECONDS)
    assert rig.health.dead() is None
    rig.beat(1)
    assert rig.health.dead()


def test_a_batch_held_back_while_all_else_answers_is_no_excuse() -> None:
    rig = Rig()
    rig.beat(DEAD_SECONDS + 2, "holding a batch back")
    assert len(rig.health.unready()) == 2
    assert "90 records wait" in rig.health.unready()[0]


def test_an_excuse_is_none_for_who_no_longer_tries() -> None:
    rig = Rig()
    rig.beat(3, "waiting for Redis", outside=True)
    rig.clock.now += FRESH_SECONDS
    assert rig.health.dead() is None
    rig.clock.now += DEAD_SECONDS
    assert rig.health.dead() is None, "it was excused half a minute before"
    rig.clock.now += 1
    assert "has not turned" in str(rig.health.dead())


def test_it_is_not_ready_without_partitions_and_a_blip_changes_nothing() -> None:
    rig = Rig()
    rig.beat(2, "holding a batch back")
    assert rig.health.unready() == []
    rig.beat(READY_SECONDS, "holding a batch back")
    assert rig.health.unready() == [f"holding a batch back for 6 s: {REASON}"]
    rig.troubles.over("holding a batch back")
    rig.positions.revoke([TP])
    rig.beat(1)
    assert [reason.split(":")[0] for reason in rig.health.unready()] == ["it has no partitions"]
    assert rig.health.held_up() == []


def test_a_worker_that_reads_the_dead_letters_back_for_long_lives() -> None:
    rig = Rig()
    read = 0
    rig.health.reading = lambda: read
    for _ in range(10):
        rig.beat(DEAD_SECONDS - 1)
        read += 1
        assert rig.health.dead() is None
    rig.beat(DEAD_SECONDS + 2)
    assert rig.health.dead() is not None
