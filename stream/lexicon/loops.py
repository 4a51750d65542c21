"""The loop of :mod:`stream.lexicon.packing`, compiled by numba."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.preprocessing.lookup_loops import longer
from stream.lexicon.table import Table, find
from stream.lexicon.texts import CAPITAL, CAPITALS, OTHER, PAIR, WORD

_BLANK: Final = 32
_UPPER: Final = (65, 90)
_LOWER: Final = (97, 122)


def _pack(
    texts: NDArray[np.uint8],
    ends: NDArray[np.int64],
    endings: NDArray[np.uint8],
    plain: NDArray[np.uint8],
    lower: NDArray[np.uint8],
    table: Table,
    out: NDArray[np.uint8],
    out_ends: NDArray[np.int64],
) -> None:
    start = into = 0
    for text in range(ends.shape[0]):
        end = ends[text]
        while start <= end:
            stop = start
            while stop < end and texts[stop] != _BLANK:
                stop += 1
            size = stop - start
            behind = np.uint8(0)
            if size:
                last, run = texts[stop - 1], 0
                while run < size and run < endings.shape[1] and texts[stop - 1 - run] == last and endings[last, run]:
                    behind = endings[last, run]
                    run += 1
                size -= run
            key = np.uint64(0)
            for at in range(size):
                key = longer(key, at, np.uint64(texts[start + at]))
            word, before = find(texts, start, size, key, plain, table), 0
            if not word:
                capitals = smalls = 0
                for byte in texts[start : start + size]:
                    capitals += _UPPER[0] <= byte <= _UPPER[1]
                    smalls += _LOWER[0] <= byte <= _LOWER[1]
                if capitals == 1 and lower[texts[start]] != texts[start]:
                    before = CAPITAL
                elif capitals and not smalls:
                    before = CAPITALS
                if before:
                    key = np.uint64(0)
                    for at in range(size):
                        key = longer(key, at, np.uint64(lower[texts[start + at]]))
                    word = find(texts, start, size, key, lower, table)
            if word:
                if before:
                    out[into] = before
                    into += 1
                rank = word - 1
                if rank < PAIR - WORD:
                    out[into] = WORD + rank
                    into += 1
                else:
                    rank -= PAIR - WORD
                    out[into] = PAIR + (rank >> 8)
                    out[into + 1] = rank & 255
                    into += 2
                if behind:
                    out[into] = behind
                    into += 1
            else:
                out[into] = OTHER
                into += 1
                for at in range(start, stop):
                    out[into] = texts[at]
                    into += 1
                out[into] = _BLANK
                into += 1
            start = stop + 1
        start = end
        out_ends[text] = into


pack = compiled(_pack)
"""Pack texts.

Args:
    texts: bytes of all texts in UTF-8, laid end to end.
    ends: (n,): where each text ends.
    endings: (256, 3): what stands for one, two, three of a byte at the end of a token; 0 where nothing does.
    plain: (256,): each byte.
    lower: (256,): each byte, capital letters as small ones.
    table: of the frequent words, all in ASCII.
    out: written; with room for the texts, two bytes a text and one a blank.
    out_ends: (n,), written: where each packed text ends.
"""
