"""The form of a dead letter."""

from stream.deadletter import CUT_BYTES, CUT_HEADER, OFFSET_HEADER, DeadLetter, written
from tests.stream.samples import TP, FakeRecord


def test_a_letter_is_the_record_as_it_came_with_where_and_why_before_its_own_headers() -> None:
    record = FakeRecord(812, b"junk", key=None, headers=[("trace", b"1"), (OFFSET_HEADER, b"theirs")])
    form = written(DeadLetter(TP, record, "rating", "Expected `int` <= 5"), cut=False)
    assert (form.key, form.value) == (None, b"junk")
    assert form.headers == [
        ("aura-source-topic", b"aura.reviews"),
        ("aura-source-partition", b"0"),
        ("aura-source-offset", b"812"),
        ("aura-field", b"rating"),
        ("aura-reason", b"Expected `int` <= 5"),
        ("trace", b"1"),
        ("aura-source-offset", b"theirs"),
    ]


def test_only_what_is_too_long_is_cut() -> None:
    short = written(DeadLetter(TP, FakeRecord(0, b"junk"), "", "not JSON"), cut=True)
    assert (short.value, CUT_HEADER in dict(short.headers)) == (b"junk", False)
    long = written(DeadLetter(TP, FakeRecord(0, bytes(3_000_000)), "", "not JSON"), cut=True)
    assert (long.value, dict(long.headers)[CUT_HEADER]) == (bytes(CUT_BYTES), b"3000000")
    key = written(DeadLetter(TP, FakeRecord(0, None, key=bytes(2_000_000)), "", "no value"), cut=True)
    assert (key.value, key.key, dict(key.headers)[CUT_HEADER]) == (None, bytes(CUT_BYTES), b"0")
