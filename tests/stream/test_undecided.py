"""Which verdicts on copies a log without its beginning leaves open."""

from stream.duplicates import Claim
from stream.undecided import Undecided

WIDTH_MS = 1_000
BEGIN_MS = 10_500


def taken(undecided: Undecided, *spans: tuple[int, list[int]], tenant: str = "shop") -> list[int]:
    return list(undecided.take([Claim(tenant, WIDTH_MS, list(spans))]))


def test_what_comes_within_reach_of_the_beginning_is_not_named_but_what_follows_its_copies_is() -> None:
    undecided = Undecided(BEGIN_MS)
    assert taken(undecided, (10, [1, 2]), (12, [1, 3])) == []
    # 13 is out of the beginning's reach: in doubt is only what repeats an undecided event, and so is its next copy.
    assert taken(undecided, (13, [1, 3, 4]), (15, [1, 4])) == [0, 1, 3]


def test_an_event_that_has_paused_for_longer_than_a_copy_is_found_is_decided_for_good() -> None:
    undecided = Undecided(BEGIN_MS)
    assert taken(undecided, (12, [1]), (14, [1])) == [1]
    assert taken(undecided, (17, [1]), (18, [1]), (19, [1])) == []


def test_the_same_number_of_another_tenant_or_run_is_told_apart_or_remembered() -> None:
    undecided = Undecided(BEGIN_MS)
    assert taken(undecided, (12, [1])) == []
    assert taken(undecided, (13, [1]), tenant="bank") == []
    two = [Claim("bank", WIDTH_MS, [(13, [1, 2])]), Claim("shop", WIDTH_MS, [(13, [5, 1])])]
    assert list(undecided.take(two)) == [3]
