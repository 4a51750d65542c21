"""What is fuzzed: each target takes any bytes and fails on whatever breaks a promise."""

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

from stream.event import InvalidEvent, ReviewEvent, decode, encode, from_fields
from stream.fold import Keep
from stream.measures import DAY_MS
from stream.pipeline import Pipeline
from stream.readers.fields import Fields
from stream.readers.rows import Accepted, Format, Layout, LayoutError, read
from stream.readers.source import Source, SourceError
from stream.record import Run
from stream.scoring import House
from tests.stream.samples import NOON_MS, TP, FakeRecord, WordClassifier
from tests.stream.test_pipeline import MemoryLetters, MemoryWriter

Target = Callable[[bytes], None]

_FIELDS: Final = {"", *ReviewEvent.__struct_fields__}
_WORDS: Final[Any] = WordClassifier()
_HOUSES: Final = {tenant: House("words", Keep(3, DAY_MS)) for tenant in ("shop", "bank")}
_LOOP: Final = asyncio.new_event_loop()
_FOLDER: Final = tempfile.TemporaryDirectory(prefix="aura-fuzz-")


def decoding(data: bytes) -> None:
    """A record's value: an event that can be written and read again, or a reason; loose fields are judged alike."""
    event = _judged(decode, data)
    if event is not None:
        assert decode(encode(event)) == event
        assert json.loads(encode(event))["text"] == event.text
    try:
        fields = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return
    if isinstance(fields, dict):
        loose = _judged(from_fields, fields)
        # Python's parser takes lone surrogates, and numbers of any size, in members that are passed over.
        assert event is None or loose == event


def whole_path(data: bytes) -> None:
    """A topic whose records are the lines of ``data``: each is counted or dead, and each offset once."""
    lines = data.split(b"\n")[:64]
    records = [_record(offset, line) for offset, line in enumerate(lines)]
    letters, writer = MemoryLetters(), MemoryWriter([-1, -1])
    pipe = Pipeline(_HOUSES, {"words": _WORDS}, writer, letters)
    cut, fences, counted = len(data) % len(records), [-1, -1], list[int]()
    for part in (records[:cut], records[cut:]):
        if part:
            (result,) = pipe.process([Run.of(TP, 1, part)])
            counted += [offset for offset, _ in result.scored]
            _LOOP.run_until_complete(pipe.apply(result, fences))
    dead = [letter.record.offset for letter in letters.sent]
    assert sorted(counted + dead) == list(range(len(records))), (counted, dead)
    assert sum(writer.counted) == len(counted)
    assert fences == writer.stored == [len(records) - 1] * 2
    for letter in letters.sent:
        _explained(letter.field, letter.reason)


def reading(kind: Format, data: bytes) -> None:
    """A file: every row an event that a worker would take or a reason, rows counted without a gap."""
    path = Path(_FOLDER.name) / kind
    path.write_bytes(data)
    columns = {} if kind != "csv" else {"text": "review", "product_id": "product", "occurred_at": "date"}
    try:
        with Source(path) as source:
            rows = 0
            for rows, row in enumerate(read(source, Layout(kind, Fields("shop"), columns)), 1):
                assert row.row == rows
                if isinstance(row, Accepted):
                    assert decode(encode(row.event)) == row.event
                else:
                    _explained(row.field, row.reason)
    except (LayoutError, SourceError):
        return


TARGETS: Final[Mapping[str, Target]] = {
    "decode": decoding,
    "pipeline": whole_path,
    **{kind: partial(reading, kind) for kind in get_args(Format)},
}


def _judged(judge: Callable[[Any], ReviewEvent], given: object) -> ReviewEvent | None:
    try:
        return judge(given)
    except InvalidEvent as refused:
        _explained(refused.field, refused.reason)
        return None


def _explained(field: str, reason: str) -> None:
    assert reason
    assert field.partition("[")[0] in _FIELDS, field


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _record(offset: int, line: bytes) -> FakeRecord:
    """``header TAB header TAB value``; an empty line is a record without a value."""
    *headers, value = line.split(b"\t")
    named = [(header[:18].decode("latin-1"), header[18:] or None) for header in headers]
    return FakeRecord(offset, value or None, NOON_MS, headers=named)


def regressions(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(target, input) of everything that once failed: files named ``TARGET-what-it-was``."""
    for path in sorted(folder.iterdir()):
        yield path.name.partition("-")[0], path.read_bytes()
