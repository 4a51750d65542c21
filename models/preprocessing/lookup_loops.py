"""The loops of :mod:`models.preprocessing.lookup`, compiled by numba.

A word's *key* is its bytes as one number while there are at most eight of them, so that equal key and length are an
equal word; a longer word's key goes on as a hash, and its bytes are compared. A slot is found by multiplication
(D. Knuth, The Art of Computer Programming 3, 6.4) and the next ones are tried in turn. Slots are never more than a
quarter full, and texts add no words, so that no text can make a search long.

A text is first parted into words and then looked up. Where words end no processor foresees: the pass that finds it has
no branch that depends on it, and took a fifth to a quarter of the time off both together.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.compiled import compiled

BLANK: Final = 32
"""What parts words, after :data:`models.preprocessing.tokenizer.BLANKS` has been applied."""

EXACT: Final = 8
"""Bytes that a key holds exactly."""

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, odd."""

PRIME: Final = np.uint64(0x100000001B3)
"""Of the FNV-1a hash of 64 bits."""

_BYTE: Final = np.uint64(8)


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def longer(key: np.uint64, length: int, byte: np.uint64) -> np.uint64:
    """The key of a word of ``length`` bytes once another follows."""
    short, long = (key << _BYTE) | byte, (key ^ byte) * PRIME
    return short if length < EXACT else long


@njit(inline="always")  # type: ignore[untyped-decorator, unused-ignore]
def slot_of(key: np.uint64, shift: np.uint64) -> np.int64:
    """Where a key's search begins."""
    return np.int64((key * GOLDEN) >> shift)


def _fill(
    spelled: NDArray[np.uint8],
    starts: NDArray[np.int64],
    shift: np.uint64,
    keys: NDArray[np.uint64],
    slots: NDArray[np.int32],
) -> None:
    last = slots.shape[0] - 1
    for word in range(1, keys.shape[0]):
        key = np.uint64(0)
        for at in range(starts[word], starts[word + 1]):
            key = longer(key, at - starts[word], np.uint64(spelled[at]))
        keys[word] = key
        slot = slot_of(key, shift)
        while slots[slot]:
            slot = (slot + 1) & last
        slots[slot] = word


def _read(
    texts: NDArray[np.uint8],
    ends: NDArray[np.int64],
    blanks: NDArray[np.uint8],
    spelled: NDArray[np.uint8],
    starts: NDArray[np.int64],
    shift: np.uint64,
    keys: NDArray[np.uint64],
    slots: NDArray[np.int32],
    cut_front: bool,
    pad_front: bool,
    ids: NDArray[np.int32],
    words: NDArray[np.int64],
    unknown: NDArray[np.int64],
) -> None:
    last = slots.shape[0] - 1
    length = ids.shape[1]
    longest = begin = 0
    for review in range(ends.shape[0]):
        longest = max(longest, ends[review] - begin)
        begin = ends[review]
    room = longest // 2 + 2  # one more than there may be words: what may become the next one is written behind them
    found = np.empty(room, np.int32)
    of, sizes, behind = np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.int32)
    begin = 0
    for review in range(ends.shape[0]):
        text = texts[begin : ends[review]]
        begin = ends[review]
        count = size = 0
        key = np.uint64(0)
        for at in range(text.shape[0]):
            byte = np.uint64(blanks[text[at]])
            blank = byte == BLANK
            of[count], sizes[count], behind[count] = key, size, at
            count += blank & (size > 0)
            key = longer(key, size, byte)  # a line of its own, lest the compiler make a branch of the next one
            key = np.uint64(0) if blank else key
            size = 0 if blank else size + 1
        of[count], sizes[count], behind[count] = key, size, text.shape[0]
        count += size > 0
        known = 0
        for number in range(count):
            key, size = of[number], sizes[number]
            slot = slot_of(key, shift)
            while slots[slot]:
                word = slots[slot]
                if keys[word] == key and starts[word + 1] - starts[word] == size:
                    place = size
                    if size > EXACT:
                        place, start = 0, behind[number] - size
                        while place < size and spelled[starts[word] + place] == blanks[text[start + place]]:
                            place += 1
                    if place == size:
                        found[known] = word
                        known += 1
                        break
                slot = (slot + 1) & last
        words[review] = count
        unknown[review] = count - known
        kept = min(known, length)
        left = known - kept if cut_front else 0
        into = length - kept if pad_front else 0
        for place in range(kept):
            ids[review, into + place] = found[left + place]


fill = compiled(_fill)
"""Give each word of a vocabulary its slot.

Args:
    spelled: bytes of all words, laid end to end.
    starts: (words + 2,): where word i, from 1, begins; word 0 is none, and what follows the last word is its end.
    shift: 64 less the binary logarithm of the number of slots.
    keys: (words + 1,), written from 1 on.
    slots: a power of two of them, more than ``words``; zero, a word's number is written.
"""

read = compiled(_read)
"""Look the words of texts up.

Args:
    texts: bytes of all texts, laid end to end.
    ends: (n,): where each text ends.
    blanks: (256,): what each byte is read as.
    spelled, starts, shift, keys, slots: of the vocabulary, as above.
    cut_front: a longer text loses its front, not its end.
    pad_front: a shorter text gets zeros at its front, not at its end.
    ids: (n, length), zero, written.
    words: (n,), written: words of each text.
    unknown: (n,), written: those of them that are not in the vocabulary.
"""
