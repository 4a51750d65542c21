"""Letters written to files."""

import base64
import gzip
import json
import stat
from pathlib import Path

import pytest

from infra.errors import CommandError
from infra.letters.export import Exported, write, write_events
from stream.event import encode
from stream.letterbox import StoredLetter
from stream.readers.fields import Fields
from stream.readers.rows import Accepted, Layout, Rejected, read
from stream.readers.source import Source
from tests.stream.letters import letter
from tests.stream.samples import event

LETTERS = [
    letter(1, value=json.dumps({"event_id": "e1", "tenant": "bank", "text": "tröd"}, indent=2).encode()),
    letter(2, value=b'{"text": "\xff"}'),
    letter(3, value=None),
    letter(4, value=b"{", cut_from_bytes=3_000_000),
    letter(5, value=b"{}", cut_from_headers=100_000),
]


def test_every_letter_is_a_line_with_its_bytes(tmp_path: Path) -> None:
    out = tmp_path / "letters.jsonl.gz"
    assert write(LETTERS, str(out)) == Exported(written=5)
    lines = [json.loads(line) for line in gzip.decompress(out.read_bytes()).splitlines()]
    assert [line["id"] for line in lines] == ["0:1", "0:2", "0:3", "0:4", "0:5"]
    assert lines[0]["value"].encode() == LETTERS[0].value
    assert base64.b64decode(lines[1]["value_base64"]) == LETTERS[1].value
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_events_are_a_line_each_and_what_cannot_be_one_is_counted(tmp_path: Path) -> None:
    out = tmp_path / "events.jsonl"
    assert write_events(LETTERS, str(out)) == Exported(written=3, without_value=1, cut=1, not_utf8=1)
    first, second, third = out.read_text().splitlines()
    assert json.loads(first) == {"event_id": "e1", "tenant": "bank", "text": "tröd"}
    assert second == '{"text": "\ufffd"}'
    assert third == "{}", "a payload is whole though headers beside it are not"


def test_events_are_what_publish_reads(tmp_path: Path) -> None:
    good = event(7, tenant="bank", product_id="account")
    out = tmp_path / "events.jsonl"
    write_events([letter(1, value=encode(good)), LETTERS[0]], str(out))
    rows = list(read(Source(out), Layout("jsonl", Fields("bank"))))
    assert isinstance(rows[0], Accepted)
    assert rows[0].event == good
    assert isinstance(rows[1], Rejected)


@pytest.mark.parametrize("name", ["there", "no/such/folder"])
def test_nothing_is_overwritten_and_what_cannot_be_written_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(CommandError, match="there already" if name == "there" else "cannot be written: No such file"):
        write(LETTERS, str(tmp_path / name))
    assert (tmp_path / "there").read_text() == "mine"


def test_a_file_that_could_not_be_finished_is_not_left(tmp_path: Path) -> None:
    def broken() -> "list[StoredLetter]":
        raise RuntimeError("Kafka went away")

    for out in (tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"):
        with pytest.raises(RuntimeError):
            write((one for one in [*LETTERS, *broken()]), str(out))
        assert not out.exists()
