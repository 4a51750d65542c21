import pytest

from infra.bench.probes import GAP_SECONDS, LOST_SECONDS, Schedule, percentile_ms, products_of


class Api:
    """Counts a probe some seconds after it was sent; answers nobody while it is away. A look each hundredth second."""

    def __init__(
        self, *, delay: float = 0.1, away: tuple[float, float] = (0, 0), dropped: set[int] | None = None
    ) -> None:
        self._delay = delay
        self._away = away
        self._dropped = dropped or set()
        self.schedule = Schedule(0.0)

    def run(self, seconds: float, *, held_up: tuple[float, float] = (0, 0)) -> Schedule:
        """Probes of so many seconds; within ``held_up`` none can be sent."""
        schedule = self.schedule
        readable: dict[str, list[float]] = {}
        for hundredth in range(int((seconds + 2 * LOST_SECONDS) * 100)):
            now = hundredth / 100
            while schedule.next_at <= now and now < seconds and not held_up[0] <= now < held_up[1]:
                product = schedule.take()
                if product is not None and schedule.sent - 1 not in self._dropped:
                    readable.setdefault(product, []).append(now + self._delay)
            for product in schedule.under_way():
                is_away = self._away[0] <= now < self._away[1]
                schedule.seen(product, None if is_away else sum(at <= now for at in readable.get(product, [])), now)
        assert not schedule.under_way()
        return schedule


def test_each_probe_is_found_when_it_is_counted() -> None:
    schedule = Api(delay=0.1).run(60)
    assert schedule.sent == len(schedule.latencies) == 60 / GAP_SECONDS
    assert [due for due, _ in schedule.latencies] == [turn * GAP_SECONDS for turn in range(schedule.sent)]
    assert all(0.09 < seconds < 0.12 for _, seconds in schedule.latencies)
    assert (schedule.lost, schedule.skipped) == (0, 0)


def test_a_stall_is_in_the_latency_of_every_probe_that_was_due_in_it() -> None:
    schedule = Api(away=(10, 20)).run(60)
    stalled = [(due, seconds) for due, seconds in schedule.latencies if 10 <= due < 20]
    assert len(stalled) == 10 / GAP_SECONDS
    assert all(seconds == pytest.approx(max(20 - due, 0.1), abs=0.02) for due, seconds in stalled)
    assert schedule.sent == 60 / GAP_SECONDS


def test_time_runs_from_when_a_probe_was_due_not_from_when_it_was_sent() -> None:
    schedule = Api().run(60, held_up=(10, 20))
    assert dict(schedule.latencies)[10] == pytest.approx(10.1, abs=0.02)
    assert percentile_ms([seconds for _, seconds in schedule.latencies], 1.0) == pytest.approx(10_100, abs=20)
    assert (schedule.sent, schedule.skipped) == (60 / GAP_SECONDS, 0)


def test_a_lost_probe_counts_as_the_time_that_it_was_waited_for() -> None:
    schedule = Api(dropped={3}).run(20)
    assert schedule.lost == 1
    assert dict(schedule.latencies)[3 * GAP_SECONDS] == LOST_SECONDS
    assert len(schedule.latencies) == schedule.sent == 20 / GAP_SECONDS
    assert percentile_ms([seconds for _, seconds in schedule.latencies], 0.99) == LOST_SECONDS * 1000


def test_a_product_with_a_lost_probe_is_used_again() -> None:
    schedule = Api(away=(0, 40)).run(100)
    assert schedule.lost == (40 - LOST_SECONDS) / GAP_SECONDS
    assert schedule.sent == len(schedule.latencies) == 100 / GAP_SECONDS


def test_probes_that_could_not_be_sent_for_too_long_are_skipped_and_said_to_be() -> None:
    schedule = Api(delay=0.6).run(60, held_up=(1, 50))
    due_meanwhile = 49 / GAP_SECONDS
    assert schedule.skipped == due_meanwhile - products_of(GAP_SECONDS) + 1
    assert schedule.sent + schedule.skipped == 60 / GAP_SECONDS
