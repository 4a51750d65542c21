"""Telling whether a record stands in the dead letters."""

import pytest

from stream.deadletter import CUT_BYTES, DeadLetter, written
from stream.standing import NOTHING, Standing, checksum
from tests.stream.samples import NOON_MS, TP, FakeRecord


def standing(*records: FakeRecord, cut: bool = False, stamped: bool = True) -> Standing:
    forms = [written(DeadLetter(TP, record, "", "not JSON"), cut=cut) for record in records]
    return Standing(
        [record.offset for record in records],
        [
            checksum(form.key, form.value, record.timestamp if stamped else None)
            for form, record in zip(forms, records, strict=True)
        ],
    )


def test_a_record_stands_there_by_its_offset_and_what_it_is() -> None:
    found = standing(FakeRecord(9, b"nine"), FakeRecord(4, b"four"), FakeRecord(4, b"4", key=None))
    assert len(found) == 3
    assert found.holds(FakeRecord(4, b"four"))
    assert found.holds(FakeRecord(4, b"4", key=None))
    assert found.holds(FakeRecord(9, b"nine"))
    assert not found.holds(FakeRecord(5, b"four"))
    assert not found.holds(FakeRecord(10, b"nine"))
    assert not NOTHING.holds(FakeRecord(0, b""))


@pytest.mark.parametrize("stamped", [False, True])
def test_a_letter_of_a_topic_that_was_deleted_is_no_verdict_on_the_record_that_has_its_offset_now(
    stamped: bool,
) -> None:
    assert not standing(FakeRecord(4, b"four"), stamped=stamped).holds(FakeRecord(4, b"another"))
    assert not standing(FakeRecord(4, b"four"), stamped=stamped).holds(FakeRecord(4, b"four", key=b"another"))


def test_nor_where_the_same_was_published_again() -> None:
    again = FakeRecord(4, b"four", NOON_MS + 1)
    assert not standing(FakeRecord(4, b"four")).holds(again)
    assert standing(FakeRecord(4, b"four"), again).holds(again)
    assert standing(FakeRecord(4, b"four"), stamped=False).holds(again), "a letter of before does not say when"


@pytest.mark.parametrize("timestamp", [-(1 << 63), -1, 0, 1, (1 << 63) - 1])
def test_a_record_may_have_any_timestamp(timestamp: int) -> None:
    record = FakeRecord(4, b"four", timestamp)
    assert standing(record).holds(record)
    assert standing(record, stamped=False).holds(record)
    assert not standing(record).holds(FakeRecord(4, b"four"))


@pytest.mark.parametrize("stamped", [False, True])
def test_a_letter_that_was_cut_is_the_verdict_on_the_whole_record(stamped: bool) -> None:
    whole = FakeRecord(4, b"x" * (CUT_BYTES + 1), key=b"k" * (CUT_BYTES + 1))
    assert standing(whole, cut=True, stamped=stamped).holds(whole)
    assert standing(whole, stamped=stamped).holds(whole)


def test_nor_is_one_that_was_cut_where_the_same_was_published_again() -> None:
    whole, again = (FakeRecord(4, b"x" * (CUT_BYTES + 1), timestamp) for timestamp in (NOON_MS, NOON_MS + 1))
    assert not standing(whole, cut=True).holds(again)
