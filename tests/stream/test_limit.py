"""The limit on dead letters."""

from stream.limit import HOUR_SECONDS, DeadLetterLimit


def test_so_many_an_hour_are_allowed_and_no_more() -> None:
    now = 0.0
    limit = DeadLetterLimit(10, lambda: now)
    assert limit.allows(10)
    assert not limit.allows(11)
    limit.add(6)
    now += HOUR_SECONDS / 2
    limit.add(4)
    assert not limit.allows(1)
    assert limit.allows(0), "a batch without letters is never held back"
    now += HOUR_SECONDS / 2
    assert limit.within_hour == 4
    assert limit.allows(6)
    assert not limit.allows(7)


def test_no_limit_allows_everything() -> None:
    limit = DeadLetterLimit(0)
    limit.add(1_000_000)
    assert limit.allows(1_000_000)
