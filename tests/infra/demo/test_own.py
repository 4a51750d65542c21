"""A file of the user's own in the demo: how its columns are read. tests/test_readme.py shows one on the page."""

from pathlib import Path

import pytest

from infra.demo.own import Told, describe, layout_of
from infra.errors import CommandError
from stream.readers.rows import Accepted, Layout, Rejected, read
from stream.readers.source import Source
from tests.command_line import CommandLine

ODD = """\
Gerät;Eindruck;Note;Wann
Kettle 2;Boils fast, but the lid came off.;2;03.02.2019 10:00
Lamp;Wonderful light.;5;04.02.2019 11:00
Lamp;Broken on arrival.;eleven;04.02.2019 11:30
"""


def rows(path: Path, layout: Layout) -> list[Accepted | Rejected]:
    with Source(path) as source:
        return list(read(source, layout))


def test_odd_columns_semicolons_and_times_are_read_as_they_are_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(ODD)
    named = {"product_id": "Gerät", "text": "Eindruck", "rating": "Note", "occurred_at": "Wann"}
    kettle, lamp, wrong = rows(path, layout_of(path, named, {}, "%d.%m.%Y %H:%M"))
    assert isinstance(kettle, Accepted)
    event = kettle.event
    assert (event.product_id, event.product_name, event.rating) == ("Kettle-2", "Kettle 2", 2)
    assert event.occurred_ms == 1_549_188_000_000
    assert isinstance(lamp, Accepted)
    assert (wrong.row, wrong.field) == (3, "rating") if isinstance(wrong, Rejected) else pytest.fail("not refused")


def test_a_spreadsheet_of_western_europe_is_read_as_it_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(ODD.replace("Eindruck", "Meinung").replace("Lamp;W", "Glühlampe;W").encode("cp1252"))
    layout = layout_of(path, {"product_id": "Gerät", "occurred_at": "Wann"}, {}, None)
    kettle, lamp, broken = [row.event for row in rows(path, layout) if isinstance(row, Accepted)]
    assert (kettle.occurred_ms, lamp.product_id, broken.occurred_ms) == (
        1_549_188_000_000,
        "Glühlampe",
        1_549_279_800_000,
    )
    assert describe(path, layout) == (
        f"Reading {path}: text='Meinung' product_id='Gerät' occurred_at='Wann'; times as %d.%m.%Y %H:%M; "
        "in Windows-1252, for it is not UTF-8; --column reads others (Note)."
    )


def test_a_few_broken_bytes_do_not_make_a_file_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes("product,review\nGlühlampe,Good.\nMüsli,Good.\n".encode() + b"M\xfcsli,Bad.\n")
    first, second, third = rows(path, layout_of(path, {}, {}, None))
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert first.event.product_id == "Glühlampe"
    assert isinstance(third, Rejected)


def test_times_of_the_standard_stay_so_though_some_are_not(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text("review,date\nGood.,2019-02-03\nGood.,2019-02-03T10:00:00Z\nBad.,03.02.2019\n")
    *_, wrong = rows(path, layout_of(path, {}, {}, None))
    assert isinstance(wrong, Rejected)


def test_without_products_and_times_all_are_of_one_product_and_of_now(tmp_path: Path) -> None:
    path = tmp_path / "letters.csv"
    path.write_text("review,sentiment\nGood.,positive\nBad.,negative\n")
    found = rows(path, layout_of(path, {}, {}, None))
    events = [row.event for row in found if isinstance(row, Accepted)]
    assert [(event.product_id, event.text) for event in events] == [("letters", "Good."), ("letters", "Bad.")]
    assert len({event.event_id for event in events}) == 2
    (event, _) = [
        row.event for row in rows(path, layout_of(path, {}, {"product_id": "app"}, None)) if isinstance(row, Accepted)
    ]
    assert event.product_id == "app"


@pytest.mark.parametrize(
    ("content", "columns", "said"),
    [
        (ODD, {}, "which column is text? Name it (text=COLUMN) or set a value; it has Gerät, Eindruck, Note, Wann"),
        (ODD, {"text": "Review"}, "no such column: text=Review; it has Gerät"),
        ("", {}, "expected a header line: the file is empty"),
        ("text,date\nGood.,03/02/2019\n", {}, "--time-format '%d/%m/%Y' or --time-format '%m/%d/%Y'"),
        ("text,date\nGood.,last week\n", {}, "date has times such as 'last week', of no form that is known here; say"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_before_anything_is_started(
    tmp_path: Path, content: str, columns: dict[str, str], said: str
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(content)
    with pytest.raises(CommandError) as refused:
        layout_of(path, columns, {}, None)
    assert said in str(refused.value)


def test_the_command_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    aura = CommandLine({})
    absent = aura("demo", "--csv", "none.csv")
    assert (absent.returncode, absent.stderr) == (1, "aura: none.csv: No such file or directory\n")
    Path("odd.csv").write_text(ODD)
    assert "aura: odd.csv: which column is text?" in aura("demo", "--csv", "odd.csv").stderr
    assert "expected without --once" in aura("demo", "--csv", "odd.csv", "--once").stderr


def test_what_became_of_the_rows_is_told() -> None:
    assert str(Told(1_200)) == "1,200 reviews, every row of it"
    told = Told(7)
    told.left_out.update({f"reason {number}": number for number in range(1, 8)})
    assert str(told) == (
        "7 reviews; rows left out: 28 (7 for reason 7; 6 for reason 6; 5 for reason 5; 4 for reason 4; 3 for reason 3; "
        "and 2 other reasons)"
    )


def test_rows_that_are_left_out_can_be_found(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text('product,review\nLamp,"Two\nlines."\nLamp,\nLamp,\nLamp\n')
    told = Told(1)
    for row in rows(path, layout_of(path, {}, {}, None)):
        if isinstance(row, Rejected):
            told.leave_out(row)
    assert str(told) == (
        "1 reviews; rows left out: 3 (2 for text: required, but missing, first in line 4; "
        "1 for expected 2 columns, got 1, line 6)"
    )
