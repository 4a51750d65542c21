"""Words of texts to their numbers, over the texts' bytes."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.preprocessing import lookup_loops

ROOM: Final = 4
"""Slots a word, at least. With two, searches for unknown words, which end at an empty slot, took a third longer."""


class Lookup:
    """The words of a vocabulary, ready to be found. Safe to use from any thread.

    Args:
        ordered: distinct words, none of them empty; the first has number 1.
        blanks: what each of the 256 bytes of a text is read as; a blank parts words.
    """

    def __init__(self, ordered: Sequence[bytes], blanks: bytes) -> None:
        bits = max(1, (ROOM * len(ordered)).bit_length())
        self._blanks: Final = np.frombuffer(blanks, np.uint8)
        self._spelled: Final = np.frombuffer(b"".join(ordered), np.uint8)
        self._starts: Final = np.array([0, *accumulate(map(len, ordered), initial=0)], np.int64)
        self._shift: Final = np.uint64(64 - bits)
        self._keys: Final = np.zeros(len(ordered) + 1, np.uint64)
        self._slots: Final = np.zeros(1 << bits, np.int32)
        lookup_loops.fill(self._spelled, self._starts, self._shift, self._keys, self._slots)

    def read(
        self, texts: Sequence[bytes], length: int, *, cut_front: bool, pad_front: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of shape (n, length), 0 where there is no word; words of each text; those of them that are not known.

        Args:
            texts: in any encoding that has no byte of ``blanks`` inside a longer character.
            length: numbers a text.
            cut_front: a text of more known words loses its front, not its end.
            pad_front: a text of fewer gets its zeros at the front, not at the end.
        """
        count = len(texts)
        ids = np.zeros((count, length), np.int32)
        words, unknown = np.empty(count, np.int64), np.empty(count, np.int64)
        lookup_loops.read(
            np.frombuffer(b"".join(texts), np.uint8),
            np.cumsum(np.fromiter(map(len, texts), np.int64, count)),
            self._blanks,
            self._spelled,
            self._starts,
            self._shift,
            self._keys,
            self._slots,
            cut_front,
            pad_front,
            ids,
            words,
            unknown,
        )
        return ids, words, unknown
