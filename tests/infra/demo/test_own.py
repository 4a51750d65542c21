"""A file of the user's own in the demo: how its columns are read. tests/test_readme.py shows one on the page."""

from pathlib import Path

import pytest

from infra.demo.own import Told, layout_of
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
