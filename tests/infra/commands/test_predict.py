import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from infra.commands import predict as command
from models import csv_files
from models.classifier import Review, load
from tests.infra.commands.running import aura

PRAISE = "I love it and it works great"
COMPLAINT = "Horrible. It made my skin burn, I threw it away. Terrible waste of money, do not buy, it is awful"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_column_is_kept_and_three_are_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path / "in.csv",
        "id,Review Text,note",
        f'007,"{PRAISE}","a ""b"", c"',
        f'8,"{COMPLAINT}",NA',
        '9,"two\nlines",é',
    )
    ended = aura(capsys, "predict", "reference", path, "-o", tmp_path / "out.csv")
    assert (ended.code, ended.out) == (0, "")
    assert "3 rows" in ended.err
    rows = read(tmp_path / "out.csv")
    assert list(rows[0]) == ["id", "Review Text", "note", "p_good", "p_bad", "label"]
    assert [row["id"] for row in rows] == ["007", "8", "9"]
    assert [row["note"] for row in rows] == ['a "b", c', "NA", "é"]
    assert rows[2]["Review Text"] == "two\nlines"
    assert [row["label"] for row in rows[:2]] == ["good", "bad"]
    expected = load("reference").predict([Review(row["Review Text"]) for row in rows])
    found = np.array([[float(row["p_good"]), float(row["p_bad"])] for row in rows])
    assert np.abs(found - expected).max() < 2e-6


def test_long_files_go_through_in_chunks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "CHUNK", 7)
    path = write(tmp_path / "in.csv", "text", *(f"lamp {number}" for number in range(50)))
    assert aura(capsys, "predict", "reference", path, "-o", tmp_path / "out.csv").code == 0
    assert [row["text"] for row in read(tmp_path / "out.csv")] == [f"lamp {number}" for number in range(50)]


def test_standard_output_gets_the_table_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.csv", "content", PRAISE)
    ended = aura(capsys, "predict", "reference", path, "-o", "-")
    assert ended.code == 0
    ((row),) = csv.DictReader(io.StringIO(ended.out))
    assert row["label"] == "good"


def test_compressed_in_and_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(f"\ufeffreviews.text\n{PRAISE}\n".encode()))
    ended = aura(capsys, "predict", "reference", tmp_path / "in.csv.gz", "-o", tmp_path / "out.csv.gz")
    assert ended.code == 0, ended.err
    lines = gzip.decompress((tmp_path / "out.csv.gz").read_bytes()).decode().splitlines()
    assert lines[0] == "reviews.text,p_good,p_bad,label"
    assert lines[1].startswith(PRAISE)


def test_empty_texts_short_rows_and_no_rows_are_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.csv", "id,text", "1,", "2", "", '3,"  "')
    assert aura(capsys, "predict", "reference", path, "-o", tmp_path / "out.csv").code == 0
    rows = read(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert len({row["p_good"] for row in rows}) == 1
    path = write(tmp_path / "none.csv", "id,text")
    assert aura(capsys, "predict", "reference", path, "-o", tmp_path / "none-out.csv").code == 0
    assert (tmp_path / "none-out.csv").read_text() == "id,text,p_good,p_bad,label\n"


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        (b"id,stars\n1,5\n", (), "which column holds the review? Say --text COL; the columns are id, stars"),
        (b"id,text\n1,fine\n", ("--text", "words"), "no column 'words'; the columns are id, text"),
        (b"id,text\n1,fine\n", ("--title", "head"), "no column 'head'; the columns are id, text"),
        (b"id,text\n1,fine\n2,fine,more\n", (), "line 3: 3 fields, but the header has 2"),
        (b"id,text\n1,\xff\n", (), "not UTF-8"),
        (b"", (), "empty; expected a line of column names"),
        (b"text,label\nfine,x\n", (), "already has a column 'label'"),
        (gzip.compress(b"id,text\n1,fine\n", mtime=0)[:-9], (), "Compressed file ended"),
    ],
)
def test_failures_are_one_sentence_and_leave_an_older_output_alone(
    content: bytes, options: tuple[str, ...], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    (tmp_path / "out.csv").write_text("older")
    ended = aura(capsys, "predict", "reference", tmp_path / "in.csv", "-o", tmp_path / "out.csv", *options)
    assert (ended.code, ended.out) == (1, "")
    assert reason in ended.err
    assert "Traceback" not in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]
    assert (tmp_path / "out.csv").read_text() == "older"


def test_a_quote_never_closed_does_not_fill_the_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.csv", "id,text", '1,"' + "x" * csv_files.MAX_FIELD_CHARS)
    ended = aura(capsys, "predict", "reference", path, "-o", tmp_path / "out.csv")
    assert ended.code == 1
    assert "field larger than field limit" in ended.err


def test_the_input_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.csv", "text", PRAISE)
    ended = aura(capsys, "predict", "reference", path, "-o", path)
    assert ended.code == 1
    assert "is the file that is read" in ended.err
    assert path.read_text() == f"text\n{PRAISE}\n"


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "in.csv", "text", PRAISE)
    ended = aura(capsys, "predict", "reference", path, "-o", tmp_path / "absent" / "out.csv")
    assert ended.code == 1
    assert "cannot be written: No such file or directory" in ended.err
