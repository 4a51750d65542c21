"""Texts of a batch to the bytes that :mod:`stream.lexicon.texts` describes.

Apart from it because it needs numba, which whoever only reads them should not have to load.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.lexicon.loops import pack as _pack
from stream.lexicon.table import table
from stream.lexicon.texts import ENDING, ENDINGS

_PLAIN: Final = np.frombuffer(bytes(range(256)), np.uint8)
_LOWER: Final = np.frombuffer(bytes(range(256)).lower(), np.uint8)


def _endings() -> NDArray[np.uint8]:
    found = np.zeros((256, max(map(len, ENDINGS))), np.uint8)
    for index, ending in enumerate(ENDINGS):
        found[ord(ending[0]), len(ending) - 1] = ENDING + index
    return found


_ENDINGS: Final = _endings()


def pack(texts: Sequence[str]) -> list[bytes]:
    """Texts of Unicode characters (no lone surrogates), packed."""
    raw = "".join(texts).encode()
    count, sizes = len(texts), list(map(len, texts))
    if sum(sizes) != len(raw):  # not all of it is ASCII
        sizes = [len(text.encode()) for text in texts]
    out = np.empty(len(raw) + raw.count(b" ") + 2 * count, np.uint8)
    ends = np.empty(count, np.int64)
    _pack(np.frombuffer(raw, np.uint8), np.cumsum(sizes, dtype=np.int64), _ENDINGS, _PLAIN, _LOWER, table(), out, ends)
    packed = out[: ends[-1] if count else 0].tobytes()
    return [packed[begin:end] for begin, end in pairwise([0, *ends.tolist()])]
