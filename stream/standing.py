"""The records of one partition that stand in the dead letters: the verdict on them, for good."""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.deadletter import CUT_BYTES
from stream.record import Record


class Standing:
    """Some records, each told by its offset and a checksum.

    The offset alone does not tell one: in a topic that was deleted and made anew offsets begin at 0 again, and a letter
    of the old one says nothing about the record that has its offset now. Nor do the bytes: the same file, published
    into both, puts the same ones at the same offsets.

    Args:
        offsets: of the records, in any order.
        checksums: of the letters (:func:`checksum`), one an offset.
    """

    def __init__(
        self, offsets: Sequence[int] | NDArray[np.int64] = (), checksums: Sequence[int] | NDArray[np.int64] = ()
    ) -> None:
        places: NDArray[np.int64] = np.asarray(offsets, np.int64)
        order = np.argsort(places, kind="stable")
        self._offsets = places[order]
        self._checksums: NDArray[np.int64] = np.asarray(checksums, np.int64)[order]
        self._last = int(self._offsets[-1]) if len(order) else -1

    def __len__(self) -> int:
        return len(self._offsets)

    def holds(self, record: Record) -> bool:
        """Whether this very record stands there."""
        if record.offset > self._last:
            return False
        first = int(np.searchsorted(self._offsets, record.offset))
        end = int(np.searchsorted(self._offsets, record.offset, side="right"))
        if first == end:
            return False
        key, value = record.key, record.value
        known = self._checksums[first:end].tolist()
        return any(
            checksum(*content, timestamp) in known
            for content in ((key, value), (key and key[:CUT_BYTES], value and value[:CUT_BYTES]))
            for timestamp in (record.timestamp, None)  # None: in letters of before they carried it
        )


NOTHING: Final = Standing()


def checksum(key: bytes | None, value: bytes | None, timestamp: int | None) -> int:
    """Of a record, or of its letter: 64 bits of key, value and the log's timestamp.

    Args:
        key: as it stands there, as ``value``.
        value: may be cut.
        timestamp: any number; None for a letter that does not carry it, and no other has the same checksum.
    """
    content = zlib.crc32(value or b"", zlib.crc32(key or b""))
    return content if timestamp is None else ~((timestamp & 0x7FFF_FFFF) << 32 | content)
