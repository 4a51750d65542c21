"""The form of a dead letter."""

from stream.deadletter import (
    CUT_BYTES,
    CUT_HEADER,
    CUT_HEADERS_HEADER,
    MAX_HEADERS,
    OFFSET_HEADER,
    DeadLetter,
    written,
)
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
        ("aura-source-timestamp", b"1750161600000"),
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


def test_a_letter_has_no_more_headers_of_its_record_than_any_reader_is_given() -> None:
    some, many = ([(f"h{n}", b"") for n in range(count)] for count in (MAX_HEADERS, MAX_HEADERS + 1))
    whole = written(DeadLetter(TP, FakeRecord(0, b"{", headers=some), "", "not JSON"), cut=False)
    assert whole.headers[6:] == some
    cut = written(DeadLetter(TP, FakeRecord(0, b"{", headers=many), "", "not JSON"), cut=False)
    assert cut.headers[5] == (CUT_HEADERS_HEADER, b"1001")
    assert cut.headers[7:] == some
    assert (cut.value, CUT_HEADER in dict(cut.headers)) == (b"{", False)


def test_of_headers_that_are_too_long_the_first_stay() -> None:
    headers = [("first", b"1"), ("none", None), ("long", bytes(CUT_BYTES)), ("last", b"1")]
    letter = DeadLetter(TP, FakeRecord(0, b"{", headers=headers), "", "not JSON")
    assert written(letter, cut=False).headers[6:] == headers
    cut = written(letter, cut=True).headers
    assert (cut[5], cut[7:]) == ((CUT_HEADERS_HEADER, b"4"), headers[:2])
    name = written(DeadLetter(TP, FakeRecord(0, b"{", headers=[("n" * CUT_BYTES, b"1")]), "", ""), cut=True)
    assert (name.headers[5], name.headers[7:]) == ((CUT_HEADERS_HEADER, b"1"), [])
