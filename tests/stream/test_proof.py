"""What an audit comes to."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from stream.logreader import Bounds
from stream.proof import NotAuditable, begun, doubts, verdict
from stream.store.whole import Whole

FULL = {0: Bounds(0, 10), 1: Bounds(2, 5)}
EMPTY = {0: Bounds(0, 0), 1: Bounds(0, 0)}


def store(*fences: dict[int, int], others: tuple[str, ...] = ()) -> Whole:
    return Whole(list(fences), list(others))


@pytest.mark.parametrize(
    ("bounds", "found", "said"),
    [
        (FULL, store({}, {}), r"has taken 15 records: it was emptied, or is another one .*AURA_REDIS_URL"),
        ({0: Bounds(7, 7)}, store({}), r"has taken 7 records"),
        (FULL, store({0: -1, 1: -1}, {0: -1, 1: -1}), r"has counted nothing of the topic t, whose log has taken 15"),
        (FULL, store({}, others=("a", "b")), r"no fences of the topic t; it has those of a, b: is AURA_TOPIC right\?"),
        (EMPTY, store({}, others=("a",)), r"is AURA_TOPIC right"),
        (FULL, store({0: 1, 2: 1, 3: 4}), r"fences of partitions 2, 3 of the topic t, which has 2: .* made anew"),
    ],
)
def test_a_store_that_did_not_count_the_log_is_not_audited(bounds: Any, found: Whole, said: str) -> None:
    with pytest.raises(NotAuditable, match=said):
        begun("t", bounds, found)


@pytest.mark.parametrize(("bounds", "found"), [(EMPTY, store({})), (FULL, store({}, {0: 3}, others=("a",)))])
def test_nothing_on_both_sides_is_audited_and_so_is_a_part(bounds: Any, found: Whole) -> None:
    begun("t", bounds, found)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (store({0: 9, 1: 4}), store({0: 9, 1: 4}), []),
        (store({0: 3}, {0: 2}), store({0: 12, 1: 3}, {0: 12, 1: 3}), []),
        (store({0: 5}, {0: 5}), store({0: 5}, {0: 5, 1: 2}), []),
        (store({0: 10}), store({0: 10}), ["up to offset 10 of partition 0, .* at offset 9; the topic"]),
        (store({0: 5}, {0: 5}), store({}, {0: 5}), ["shard 0 lost data of partition 0 while"]),
        (store({0: 5}), store({0: 4}), ["shard 0 lost data of partition 0 while"]),
        (store({0: 5, 1: 3}, {}), store({0: 5, 1: 3}, {}), ["shard 1 has no fence of partitions 0, 1, which"]),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_as_it_should_is_doubted(before: Whole, after: Whole, said: list[str]) -> None:
    found = doubts(FULL, before, after)
    assert len(found) == len(said)
    assert all(re.search(wanted, sentence) for sentence, wanted in zip(found, said, strict=True)), found


def auditor(**counts: Any) -> Any:
    return SimpleNamespace(**{"compared": 0, "begins": {}, "left_out": 0, "ended": 0, "entities": 0} | counts)


@pytest.mark.parametrize(
    ("audited", "differences", "doubted", "equal", "clause"),
    [
        (auditor(compared=4), 0, False, True, "equal"),
        (auditor(compared=4, begins={0: 1}), 0, False, True, "equal as far as the log goes back"),
        (auditor(compared=4), 1, False, False, "1 difference"),
        (auditor(compared=4), 2, True, False, "2 differences"),
        (auditor(compared=4), 0, True, False, "not proven"),
        (auditor(begins={0: 1}), 0, False, False, "nothing proven: there was nothing left to compare"),
        (auditor(ended=3, entities=2), 0, False, False, "nothing proven: there was nothing left to compare"),
        (auditor(entities=2), 0, False, True, "equal: neither the log nor Redis holds a review of what was asked for"),
    ],
)
def test_equal_is_said_of_what_was_compared_or_where_there_is_nothing_on_either_side(
    audited: Any, differences: int, doubted: bool, equal: bool, clause: str
) -> None:
    found = verdict(audited, differences, doubted, topic_is_empty=False)
    assert (found.equal, found.clause) == (equal, clause)


def test_an_empty_topic_and_an_empty_store_are_equal_and_that_is_said() -> None:
    found = verdict(auditor(), 0, doubted=False, topic_is_empty=True)
    assert (found.equal, found.clause) == (True, "equal: the topic is empty, and so is Redis")


def test_a_store_that_has_only_tenants_that_are_not_judged_proves_nothing() -> None:
    for topic_is_empty in (True, False):
        assert not verdict(auditor(), 0, False, topic_is_empty, not_judged=True).equal
    assert verdict(auditor(compared=4), 0, False, False, not_judged=True).clause == "equal"
