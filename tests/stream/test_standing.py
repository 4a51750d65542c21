"""Telling whether a record stands in the dead letters."""

from stream.deadletter import CUT_BYTES, DeadLetter, written
from stream.standing import NOTHING, Standing, checksum
from tests.stream.samples import TP, FakeRecord


def standing(*records: FakeRecord, cut: bool = False) -> Standing:
    forms = [written(DeadLetter(TP, record, "", "not JSON"), cut=cut) for record in records]
    return Standing([record.offset for record in records], [checksum(form.key, form.value) for form in forms])


def test_a_record_stands_there_by_its_offset_and_what_it_is() -> None:
    found = standing(FakeRecord(9, b"nine"), FakeRecord(4, b"four"), FakeRecord(4, b"4", key=None))
    assert len(found) == 3
    assert found.holds(FakeRecord(4, b"four"))
    assert found.holds(FakeRecord(4, b"4", key=None))
    assert found.holds(FakeRecord(9, b"nine"))
    assert not found.holds(FakeRecord(5, b"four"))
    assert not found.holds(FakeRecord(10, b"nine"))
    assert not NOTHING.holds(FakeRecord(0, b""))


def test_a_letter_of_a_topic_that_was_deleted_is_no_verdict_on_the_record_that_has_its_offset_now() -> None:
    assert not standing(FakeRecord(4, b"four")).holds(FakeRecord(4, b"another"))
    assert not standing(FakeRecord(4, b"four")).holds(FakeRecord(4, b"four", key=b"another"))


def test_a_letter_that_was_cut_is_the_verdict_on_the_whole_record() -> None:
    whole = FakeRecord(4, b"x" * (CUT_BYTES + 1), key=b"k" * (CUT_BYTES + 1))
    assert standing(whole, cut=True).holds(whole)
    assert standing(whole).holds(whole)
