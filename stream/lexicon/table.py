"""The words as a table that compiled loops look them up in."""

from functools import cache
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.preprocessing.lookup_loops import EXACT, fill, slot_of
from stream.lexicon.words import words

ROOM: Final = 4
"""Slots a word, at least: :data:`models.preprocessing.lookup.ROOM` says why."""


class Table(NamedTuple):
    """Words by number, from 1 on: that of a frequent word is its rank and one, others follow."""

    spelled: NDArray[np.uint8]
    """Their bytes, laid end to end."""
    starts: NDArray[np.int64]
    """Where each begins; what follows the last one is its end."""
    shift: np.uint64
    """64 less the binary logarithm of the number of slots."""
    keys: NDArray[np.uint64]
    slots: NDArray[np.int32]


@cache
def table(others: tuple[str, ...] = ()) -> Table:
    """A table of the frequent words, and of others behind them."""
    ordered = [word.encode() for word in (*words(), *others)]
    bits = (ROOM * len(ordered)).bit_length()
    made = Table(
        np.frombuffer(b"".join(ordered), np.uint8),
        np.array([0, *accumulate(map(len, ordered), initial=0)], np.int64),
        np.uint64(64 - bits),
        np.zeros(len(ordered) + 1, np.uint64),
        np.zeros(1 << bits, np.int32),
    )
    fill(made.spelled, made.starts, made.shift, made.keys, made.slots)
    return made


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def find(
    texts: NDArray[np.uint8], begin: int, size: int, key: np.uint64, folded: NDArray[np.uint8], table: Table
) -> int:
    """The number of the word of ``size`` bytes at ``begin``, 0 of one that is not in the table.

    Args:
        texts: bytes.
        begin: where the word begins.
        size: its bytes.
        key: its key (:func:`models.preprocessing.lookup_loops.longer`), after ``folded``.
        folded: what each byte is read as.
        table: of words.
    """
    last = table.slots.shape[0] - 1
    slot = slot_of(key, table.shift)
    while table.slots[slot]:
        word = table.slots[slot]
        start = table.starts[word]
        if table.keys[word] == key and table.starts[word + 1] - start == size:
            place = size
            if size > EXACT:
                place = 0
                while place < size and table.spelled[start + place] == folded[texts[begin + place]]:
                    place += 1
            if place == size:
                return int(word)
        slot = (slot + 1) & last
    return 0
