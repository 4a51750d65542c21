"""Records whose header names are not UTF-8, as aiokafka reads them from its own batches."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiokafka.record import default_records
from aiokafka.record.memory_records import MemoryRecords

from stream.bulk.lenient import LenientRecords


class Binary(str):
    """A header name of bytes that are not UTF-8: aiokafka's own builder asks for text."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b"\xff\xfeA"


def batch(first: int, names: list[str], codec: int = 0) -> bytes:
    """A batch of one record a name."""
    builder = default_records._DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 1 << 20)
    for offset, name in enumerate(names):
        value = b"\xff\xfeA %d" % offset
        assert builder.append(offset, 1_700_000_000_000 + offset, b"key", value, [("a", None), (name, b"\x00\xff")])
    content = bytearray(builder.build())
    content[:8] = first.to_bytes(8, "big")  # as the broker does; not part of the checksum
    return bytes(content)


def read(content: bytes, reader: Callable[[bytes], Any]) -> Iterator[tuple[int, int, bytes, bytes, tuple[Any, ...]]]:
    records = reader(content)
    assert records.size_in_bytes() == len(content)
    while records.has_next():
        found = records.next_batch()
        assert found.validate_crc()
        assert not found.is_control_batch
        for record in found:
            yield record.offset, record.timestamp, record.key, record.value, tuple(record.headers)


@pytest.mark.parametrize("codec", [0, 1, 3, 4], ids=["none", "gzip", "lz4", "zstd"])
def test_names_that_are_not_utf8_are_written_out_and_everything_else_is_as_it_was(codec: int) -> None:
    content = batch(7, ["x", "y"], codec) + batch(9, ["p", Binary("q"), "r\u00e9"], codec) + batch(12, ["s"], codec)
    with pytest.raises(UnicodeDecodeError):
        list(read(content, MemoryRecords))
    found = list(read(content, LenientRecords))
    assert [record[0] for record in found] == list(range(7, 13))
    assert [record[4][1][0] for record in found] == ["x", "y", "p", "\\xff\\xfeA", "r\u00e9", "s"]
    for offset, stamp, key, value, headers in found:
        place = offset - (7 if offset < 9 else 9 if offset < 12 else 12)
        assert (stamp, key, value) == (1_700_000_000_000 + place, b"key", b"\xff\xfeA %d" % place)
        assert headers[0] == ("a", None)
        assert headers[1][1] == b"\x00\xff"


def test_sound_batches_are_read_as_ever() -> None:
    content = batch(0, ["x"] * 500) + batch(500, ["y"] * 500, 3)
    assert list(read(content, LenientRecords)) == list(read(content, MemoryRecords))
