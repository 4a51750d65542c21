"""The judges of the fault scenarios find what is wrong: a scenario that cannot fail proves nothing."""

from tests.faults.log import Log
from tests.faults.results import Result, table
from tests.faults.reviews import Bad, Review, Reviews, differences, letter_differences, tally
from tests.faults.traffic import Ledger
from tests.faults.verdict import log_differences

NOW = 1_750_161_600_000
DAY = NOW // 86_400_000 * 86_400_000
REVIEW = Review("shop", "kettle", NOW, 4)


def test_another_seed_gives_other_reviews_and_the_same_seed_the_same() -> None:
    first, second, third = Reviews(1, NOW), Reviews(1, NOW), Reviews(2, NOW)
    assert [first[i] for i in range(100)] == [second[i] for i in range(100)]
    assert not {first[i].value for i in range(100)} & {third[i].value for i in range(100)}


def test_every_kind_of_bad_record_is_among_the_reviews() -> None:
    reviews = [Reviews(1, NOW, bad_every=10)[i] for i in range(100)]
    bad = [record.verdict for record in reviews if isinstance(record.verdict, Bad)]
    assert len(bad) == 10
    assert {verdict.field for verdict in bad} == {"", "tenant", "rating", "text"}


def test_a_lost_a_doubled_and_a_misplaced_review_are_differences() -> None:
    expected = tally([REVIEW, REVIEW._replace(rating=None)])
    assert expected == {("shop", "kettle"): {DAY: [2, 1, 4]}}
    assert differences(expected, expected) == []
    for counted in (
        tally([REVIEW]),
        tally([REVIEW, REVIEW, REVIEW._replace(rating=None)]),
        tally([REVIEW, REVIEW._replace(rating=None, at_ms=NOW - 86_400_000)]),
        tally([REVIEW, REVIEW._replace(rating=None, product="toaster")]),
        tally([REVIEW, REVIEW._replace(rating=5)]),
        {},
    ):
        assert differences(expected, counted)


def test_missing_doubled_changed_and_strange_letters_are_differences() -> None:
    junk, stranger = Bad("", b"junk"), Bad("tenant", b"{}")
    expected = {(0, 7): junk, (1, 3): stranger}
    right = [((1, 3), stranger), ((0, 7), junk)]
    assert letter_differences(expected, right) == []
    assert letter_differences(expected, right[:1]) == ["no dead letter of (0, 7), field ''"]
    assert letter_differences(expected, [*right, right[0]]) == ["2 dead letters of (1, 3)"]
    assert len(letter_differences(expected, [right[0], ((0, 7), Bad("", b"jun"))])) == 1
    assert len(letter_differences(expected, [*right, ((0, 8), junk)])) == 1


def test_a_broken_acknowledgement_and_a_stranger_in_the_log_are_differences() -> None:
    ledger = Ledger({"a": REVIEW, "b": REVIEW, "c": REVIEW}, {"a", "b"})
    assert log_differences(Log({(0, 0): "a", (0, 1): "b"}), ledger) == []
    assert log_differences(Log({(0, 0): "a", (0, 1): "b", (0, 2): "c"}), ledger) == [], "c was not acknowledged"
    assert log_differences(Log({(0, 0): "a"}), ledger) == ["b was acknowledged but is not in the log"]
    assert log_differences(Log({(0, 0): "a", (0, 1): "b", (3, 0): "x"}), ledger) == [
        "x is in the log, but nobody sent it"
    ]


def test_the_table_adds_runs_up_and_tells_those_that_ended_early() -> None:
    rows = table(
        [
            Result("kills", 1, records=10, letters=1, faults={"kills": 2}),
            Result("kills", 2, records=20, letters=2, faults={"kills": 3, "nothing": 0}, differences=4),
            Result("flood", 1, error="TimeoutError"),
        ]
    ).splitlines()
    assert rows[2] == "| flood | 1 | 1 | 0 | 0 |  | 0, and 1 ended early |"
    assert rows[3] == "| kills | 2 | 1 2 | 30 | 3 | 5 kills | 4 |"
