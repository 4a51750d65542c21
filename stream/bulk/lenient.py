"""Header names that are not UTF-8: aiokafka refuses such a record again and again, and its partition would stand still.

Kafka takes any bytes as a name, and producers in some languages write any. Here they are read with what is not UTF-8
written out (``\\xff``), so that the record is judged like any other.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_Records: Final[type[Any]] = MemoryRecords


class _Name(bytearray):
    """A part of a batch, which may be a header's name."""

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class _Content(bytearray):
    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return _Name(part) if isinstance(key, slice) else part


class _Batch:
    """One batch of records; read a second time, slowly, where aiokafka's own reading fails."""

    def __init__(self, batch: Any, content: bytes, start: int) -> None:
        self._batch = batch
        self._content = content
        self._start = start

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        given = 0
        try:
            for record in self._batch:
                yield record
                given += 1
        except UnicodeDecodeError:
            yield from islice(self._again(), given, None)

    def _again(self) -> Any:
        batch = _DefaultRecordBatchPy(self._content[self._start : self._start + _size(self._content, self._start)])
        batch._maybe_uncompress()
        batch._buffer = _Content(batch._buffer)
        return batch


class LenientRecords:
    """Stands in for aiokafka's reader of the batches of one fetch."""

    def __init__(self, content: bytes) -> None:
        self._records = _Records(content)
        self._content = content
        self._start = 0

    def has_next(self) -> bool:
        """Whether there is another batch."""
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        """Of all batches."""
        return int(self._records.size_in_bytes())

    def next_batch(self) -> Any:
        """The next batch."""
        batch = self._records.next_batch()
        start, self._start = self._start, self._start + _size(self._content, self._start)
        # Batches of the oldest formats have no headers.
        return _Batch(batch, self._content, start) if isinstance(batch, DefaultRecordBatch) else batch


def _size(content: bytes, start: int) -> int:
    """Of the batch that begins at ``start``: an offset of 8 bytes, a length of 4, and as much."""
    return 12 + int.from_bytes(content[start + 8 : start + 12], "big")


def install() -> None:
    """Let every aiokafka consumer of this process read so."""
    fetcher.MemoryRecords = LenientRecords
