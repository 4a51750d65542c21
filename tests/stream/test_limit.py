"""The limit on dead letters."""

from stream.deadletter import DeadLetter
from stream.limit import HOUR_SECONDS, DeadLetterLimit
from tests.stream.samples import TP, FakeRecord


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


def test_who_is_held_back_hears_what_was_exceeded_and_what_is_refused_most() -> None:
    limit = DeadLetterLimit(1_500)
    limit.add(1_499)
    unknown = "tenant", "not in the tenants file"
    letters = [DeadLetter(TP, FakeRecord(n, b"{"), *why) for n, why in enumerate([("", "no JSON"), unknown, unknown])]
    assert limit.exceeded_by(letters) == (
        "1,499 dead letters within an hour and 3 more in the next batch are over AURA_DEAD_LETTER_LIMIT=1500; most are "
        f"refused for tenant: not in the tenants file (2 of 3); the first stands at {TP} offset 0; nothing is lost for "
        "as long as that topic keeps its records"
    )
    assert "refused for the whole record: no JSON (1 of 1)" in limit.exceeded_by(letters[:1])
