"""CSV records, and going on after whatever is broken."""

import csv
import io
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from stream.readers.delimited import MAX_RECORD_CHARS, Fault, Record, records


def parse(content: bytes, delimiter: str = ",") -> list[Record | Fault]:
    return list(records(numbered(content), delimiter))


def numbered(content: bytes) -> Iterator[tuple[int, bytes | None]]:
    yield from enumerate(io.BytesIO(content), start=1)


def test_quoted_delimiters_quotes_and_line_ends_belong_to_the_field() -> None:
    assert parse(b'id,text\r\n1,"a, ""b""\r\nc"\r\n2,d\r\n') == [
        Record(1, ["id", "text"]),
        Record(2, ["1", 'a, "b"\r\nc']),
        Record(4, ["2", "d"]),
    ]


def test_blank_lines_are_passed_over() -> None:
    assert parse(b"\na\n\n\n1\n\n") == [Record(2, ["a"]), Record(5, ["1"])]


def test_short_and_long_records_are_faults() -> None:
    assert parse(b"a,b\n1\n1,2\n1,2,3\n") == [
        Record(1, ["a", "b"]),
        Fault(2, "expected 2 columns, got 1"),
        Record(3, ["1", "2"]),
        Fault(4, "expected 2 columns, got 3"),
    ]


def test_a_quote_that_never_closes_costs_its_own_line_only() -> None:
    assert parse(b'a,b\n1,"open\n2,fine\n3,also fine\n') == [
        Record(1, ["a", "b"]),
        Fault(2, "a quoted field is not closed"),
        Record(3, ["2", "fine"]),
        Record(4, ["3", "also fine"]),
    ]


def test_a_quote_that_the_next_quoted_field_would_close_costs_its_own_line_only() -> None:
    assert parse(b'a,b,c\n1,"open,x\n2,"closed",y\n3,z,z\n') == [
        Record(1, ["a", "b", "c"]),
        Fault(2, "a quote inside a quoted field is not doubled, or ',' is missing after one"),
        Record(3, ["2", "closed", "y"]),
        Record(4, ["3", "z", "z"]),
    ]


def test_stray_quotes_within_one_line_are_taken_as_they_stand() -> None:
    assert parse(b'a,b\n1,"the "best" one"\n2,5" pipe\n')[1:] == [
        Record(2, ["1", 'the best" one"']),
        Record(3, ["2", '5" pipe']),
    ]


def test_a_stray_quote_that_moves_columns_is_a_fault() -> None:
    outcome = parse(b'a,b\n1,"one" ,"two"\n2,fine\n')
    assert isinstance(outcome[1], Fault)
    assert outcome[2] == Record(3, ["2", "fine"])


def test_an_unclosed_quote_over_a_huge_rest_is_given_up() -> None:
    rest = b"".join(b"%d,fine\n" % number for number in range(40_000))
    outcome = parse(b'a,b\n1,"open\n' + rest)
    assert outcome[1] == Fault(2, "a quoted field is not closed")
    assert len(outcome) == 40_002
    assert all(isinstance(record, Record) for record in outcome[2:])


def test_a_record_over_many_lines_is_bounded() -> None:
    row = b'"' + b"x" * 100_000 + b'\n",'
    outcome = parse(b"a,b\n" + row * (MAX_RECORD_CHARS // 100_000 + 2) + b"\n1,2\n")
    assert outcome[1] == Fault(2, "a quoted field is not closed")
    assert outcome[-1] == Record(outcome[-1].line, ["1", "2"])


def test_an_overlong_line_is_a_fault_even_inside_a_record() -> None:
    lines: list[tuple[int, bytes | None]] = [(1, b"a,b\n"), (2, None), (3, b'1,"x\n'), (4, None), (5, b"2,3\n")]
    outcome = list(records(iter(lines)))
    assert [type(item) for item in outcome] == [Record, Fault, Fault, Fault, Record]
    assert [item.line for item in outcome] == [1, 2, 3, 4, 5]


def test_bytes_that_are_not_utf8_and_nul_pass_as_they_are() -> None:
    assert parse(b"a\ncaf\xe9\nx\x00y\n")[1:] == [Record(2, ["caf\udce9"]), Record(3, ["x\x00y"])]


def test_other_delimiters() -> None:
    assert parse(b"a;b\n1,5;2\n", ";")[1] == Record(2, ["1,5", "2"])
    assert parse(b"a\tb\n1\t2\n", "\t")[1] == Record(2, ["1", "2"])


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=20)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=20))
def test_whatever_a_csv_writer_writes_is_read_back(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [record.cells for record in parse(written.getvalue().encode()) if isinstance(record, Record)] == rows


@given(st.lists(st.sampled_from(['"', ",", "\n", "a", "\r\n", "é", '""', "1,2\n"]), max_size=60))
def test_whatever_the_file_every_later_clean_row_is_read(parts: list[str]) -> None:
    """A blank line ends every damage but an open quote, and an open quote ends at a quote that cannot close it."""
    content = "h,i\n" + "".join(parts) + "\n" + "clean,row\n" * 3
    outcome = parse(content.encode())
    assert outcome[0] == Record(1, ["h", "i"])
    lines = [item.line for item in outcome]
    assert lines == sorted(set(lines))
    assert sum(item.cells == ["clean", "row"] for item in outcome if isinstance(item, Record)) >= 3
