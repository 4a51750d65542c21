"""Reviews of a batch to the numbers that entries hold: what :func:`stream.drivers.terms.entry_of` says of each, in a
twentieth of the time where a review is in ASCII.

Apart from :mod:`stream.drivers.packing` because it needs numba, which whoever only reads samples should not have to
load.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Final

import numpy as np

from stream.drivers import loops
from stream.drivers.packing import CODES, END, LETTERS, number
from stream.drivers.terms import entry_of, is_mark, look, prepared
from stream.drivers.words import STOP_WORDS
from stream.lexicon.table import table
from stream.lexicon.words import ranks, words

_ASCII: Final = 128


def read(reviews: Sequence[tuple[str, str | None]]) -> list[int]:
    """The number (:func:`stream.drivers.packing.number`) of each review's entry.

    Args:
        reviews: text and title, None for no title.
    """
    parts = [(prepared(title or ""), prepared(text)) for text, title in reviews]
    simple = [title.isascii() and text.isascii() for title, text in parts]
    found = iter(_read([part for part, easy in zip(parts, simple, strict=True) if easy]))
    return [
        next(found) if easy else number(entry_of(text, title))
        for (text, title), easy in zip(reviews, simple, strict=True)
    ]


def _read(parts: Sequence[tuple[str, str]]) -> list[int]:
    pieces = [piece for both in parts for piece in both]
    raw = "".join(pieces).encode()
    out = np.empty(2 * len(raw) + 8 * len(parts), np.uint8)
    ends = np.empty(len(parts), np.int64)
    loops.read(
        np.frombuffer(raw, np.uint8),
        np.fromiter(accumulate(map(len, pieces)), np.int64, len(pieces)),
        _tables(),
        out,
        ends,
    )
    packed = out[: ends[-1] if parts else 0].tobytes()
    return [int.from_bytes(packed[begin:end], "big") for begin, end in pairwise([0, *ends.tolist()])]


@cache
def _tables() -> loops.Tables:
    others = tuple(sorted(STOP_WORDS - ranks().keys()))
    kinds, letters = np.zeros(256, np.uint8), np.full(256, END, np.uint8)
    for byte in range(_ASCII):
        char = chr(byte)
        if char == "'":
            kinds[byte] = loops.APOSTROPHE
        elif is_mark(char):
            kinds[byte] = loops.MARK
        elif char.isalnum():
            kinds[byte] = loops.LETTER
        if char in LETTERS:
            letters[byte] = LETTERS.index(char)
    return loops.Tables(
        kinds,
        np.array([0, *map(_role, (*words(), *others))], np.uint8),
        np.array(CODES, np.int64),
        letters,
        np.arange(256, dtype=np.uint8),
        table(others),
    )


def _role(word: str) -> int:
    _, alone, opening, closing = look(word)
    return loops.ALONE * alone | loops.OPENS * opening | loops.CLOSES * closing
