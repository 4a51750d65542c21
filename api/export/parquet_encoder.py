"""Rows as Apache Parquet."""

from collections.abc import Sequence
from typing import Any, Final

from api.export.columns import Column, Row

ROW_GROUP: Final = 8_192
"""Rows that are held until they are written together. A group has some kilobytes of its own for 22 columns: of 500 rows
each, as they are read, they would make most of the file."""


class ParquetEncoder:
    """Columns with their types: strings, lists of strings, int64, float64 and timestamps (ms, UTC); zstd."""

    media_type = "application/vnd.apache.parquet"

    def __init__(self, columns: Sequence[Column]) -> None:
        # Half a second and some 60 MB, which a server that exports nothing need not spend.
        import pyarrow as pa
        from pyarrow import parquet

        types = {
            "text": pa.string(),
            "texts": pa.list_(pa.string()),
            "count": pa.int64(),
            "share": pa.float64(),
            "time": pa.timestamp("ms", tz="UTC"),
        }
        self._pa: Any = pa
        self._schema = pa.schema([(column.name, types[column.kind]) for column in columns])
        self._sink = _Sink()
        self._writer = parquet.ParquetWriter(pa.PythonFile(self._sink, mode="w"), self._schema, compression="zstd")
        self._held: list[Row] = []

    def begin(self) -> bytes:
        """The magic number."""
        return self._sink.take()

    def rows(self, rows: Sequence[Row]) -> bytes:
        """What became whole by them."""
        self._held += rows
        if len(self._held) >= ROW_GROUP:
            self._write()
        return self._sink.take()

    def end(self) -> bytes:
        """What is held yet, and the footer."""
        if self._held:
            self._write()
        self._writer.close()
        return self._sink.take()

    def _write(self) -> None:
        columns = zip(*self._held, strict=True)
        arrays = [self._pa.array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._writer.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))
        self._held = []


class _Sink:
    """A file that is emptied as it is written."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data
