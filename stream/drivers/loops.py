"""The loop of :mod:`stream.drivers.reading`, compiled by numba."""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.compiled import compiled
from models.preprocessing.lookup_loops import longer
from stream.drivers.packing import BYTE_BITS, COUNT_BITS, END, LETTER_BITS, SIZE_BITS
from stream.drivers.terms import MAX_DIGITS, MAX_PHRASES, MAX_WORD_CHARS, MAX_WORDS
from stream.lexicon.table import Table, find
from stream.lexicon.words import COUNT

APART, LETTER, APOSTROPHE, MARK = 0, 1, 2, 3
"""What a byte is: nothing, part of a word, that only between two such, or a mark over which no phrase reaches."""

ALONE, OPENS, CLOSES = 1, 2, 4
"""What a word may be: a term, the beginning of a phrase, the end of one."""

PARTS: Final = 2
"""Of a review: its title and its text."""

_MOST_BITS: Final = 16_384
"""Of an entry: 60 words of 24 letters in eight bits each, with their lengths, are 12,000; 60 phrases are 720."""

_NOUGHT, _NINE, _T, _QUOTE, _N = (ord(char) for char in "09t'n")


class Tables(NamedTuple):
    """What the loop looks up."""

    kinds: NDArray[np.uint8]
    """(256,): what each byte is."""
    roles: NDArray[np.uint8]
    """What each word of ``words`` may be, by number."""
    codes: NDArray[np.int64]
    """By binary digits of a distance: the value of its code, and the code's bits."""
    letters: NDArray[np.uint8]
    """(256,): the number of each letter that has one of five bits, :data:`END` for others."""
    plain: NDArray[np.uint8]
    """(256,): each byte."""
    words: Table
    """The frequent words, and those others that are no terms."""


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _is_after(texts: NDArray[np.uint8], begin: int, size: int, other: int, other_size: int) -> bool:
    """Whether the word at ``begin`` comes after the one at ``other``, byte by byte."""
    for place in range(min(size, other_size)):
        if texts[begin + place] != texts[other + place]:
            return bool(texts[begin + place] > texts[other + place])
    return size > other_size


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _first_bytes(texts: NDArray[np.uint8], begin: int, size: int) -> np.uint64:
    """The first eight bytes of a word, most significant first; so that most comparisons need only these."""
    value = np.uint64(0)
    for place in range(8):
        value = (value << np.uint64(8)) | np.uint64(texts[begin + place] if place < size else 0)
    return value


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _sort(
    texts: NDArray[np.uint8],
    begins: NDArray[np.int64],
    sizes: NDArray[np.int64],
    heads: NDArray[np.uint64],
    count: int,
    order: NDArray[np.int64],
) -> None:
    """Put a review's words in alphabetical order, by insertion: they are few."""
    for word in range(count):
        place = word
        while place:
            other = order[place - 1]
            if heads[other] < heads[word]:
                break
            if heads[other] == heads[word] and not _is_after(
                texts, begins[other], sizes[other], begins[word], sizes[word]
            ):
                break
            order[place] = other
            place -= 1
        order[place] = word


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _put(bits: NDArray[np.uint8], at: int, value: int, width: int) -> int:
    """Write the last binary digits of a value; returns where they end."""
    for place in range(width):
        bits[at + place] = (value >> (width - 1 - place)) & 1
    return at + width


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _put_ranks(
    bits: NDArray[np.uint8],
    at: int,
    numbers: NDArray[np.int64],
    count: int,
    codes: NDArray[np.int64],
    ranks: NDArray[np.int64],
) -> tuple[int, int]:
    """Write how many words are frequent, and which; returns that number, and where they end."""
    known = 0
    for word in range(count):
        rank = numbers[word] - 1
        if 0 <= rank < COUNT:
            place = known
            while place and ranks[place - 1] > rank:
                ranks[place] = ranks[place - 1]
                place -= 1
            ranks[place] = rank
            known += 1
    at = _put(bits, at, known, COUNT_BITS)
    before = -1
    for place in range(known):
        distance, before = ranks[place] - before, ranks[place]
        digits = 0
        while distance >> digits:
            digits += 1
        at = _put(bits, at, codes[digits, 0], codes[digits, 1])
        at = _put(bits, at, distance, digits - 1)
    return known, at


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _put_spelled(
    bits: NDArray[np.uint8], at: int, texts: NDArray[np.uint8], begin: int, size: int, letters: NDArray[np.uint8]
) -> int:
    """Write a word that is not a frequent one; returns where it ends."""
    simple = True
    for byte in texts[begin : begin + size]:
        simple = simple and letters[byte] != END
    at = _put(bits, at, not simple, 1)
    if not simple:
        at = _put(bits, at, size, SIZE_BITS)
        for byte in texts[begin : begin + size]:
            at = _put(bits, at, byte, BYTE_BITS)
        return at
    for byte in texts[begin : begin + size]:
        at = _put(bits, at, letters[byte], LETTER_BITS)
    return int(_put(bits, at, END, LETTER_BITS))


@njit  # type: ignore[untyped-decorator, unused-ignore]
def _write(bits: NDArray[np.uint8], size: int, out: NDArray[np.uint8], into: int) -> int:
    """Write bits as bytes. The last bit ends a byte, so the first byte has what is left; returns where they end."""
    place, fill = 0, size % 8 or 8
    while place < size:
        value = 0
        for _ in range(fill):
            value = value << 1 | bits[place]
            place += 1
        out[into] = value
        into += 1
        fill = 8
    return into


def _read(
    texts: NDArray[np.uint8],
    ends: NDArray[np.int64],
    tables: Tables,
    out: NDArray[np.uint8],
    out_ends: NDArray[np.int64],
) -> None:
    kinds, roles, codes, letters = tables.kinds, tables.roles, tables.codes, tables.letters
    numbers = np.empty(MAX_WORDS, np.int64)
    begins = np.empty(MAX_WORDS, np.int64)
    sizes = np.empty(MAX_WORDS, np.int64)
    keys = np.empty(MAX_WORDS, np.uint64)
    first_bytes = np.empty(MAX_WORDS, np.uint64)
    order = np.empty(MAX_WORDS, np.int64)
    places = np.empty(MAX_WORDS, np.int64)
    ranks = np.empty(MAX_WORDS, np.int64)
    phrases = np.empty((MAX_PHRASES, 2), np.int64)
    bits = np.empty(_MOST_BITS, np.uint8)
    # Of a word in the table: the review that it was met in last, and which of its words it is there.
    met = np.full(roles.shape[0], -1, np.int64)
    met_as = np.empty(roles.shape[0], np.int64)
    at = into = 0
    for review in range(out_ends.shape[0]):
        count = pairs = 0
        for part in range(review * PARTS, (review + 1) * PARTS):
            end = ends[part]
            opened = False
            number_before = begin_before = size_before = 0
            key_before = np.uint64(0)
            while at < end:
                kind = kinds[texts[at]]
                if kind != LETTER:
                    if kind == MARK:
                        opened = False
                    at += 1
                    continue
                begin, digits, key = at, 0, np.uint64(0)
                while at < end and (
                    kinds[texts[at]] == LETTER
                    or (kinds[texts[at]] == APOSTROPHE and at + 1 < end and kinds[texts[at + 1]] == LETTER)
                ):
                    digits += _NOUGHT <= texts[at] <= _NINE
                    key = longer(key, at - begin, np.uint64(texts[at]))
                    at += 1
                size, number, role = at - begin, 0, 0
                if 2 <= size <= MAX_WORD_CHARS and digits <= MAX_DIGITS:
                    number = find(texts, begin, size, key, tables.plain, tables.words)
                    if number:
                        role = roles[number]
                    elif size > 2 and texts[at - 1] == _T and texts[at - 2] == _QUOTE and texts[at - 3] == _N:
                        role = OPENS
                    else:
                        role = ALONE | OPENS | CLOSES
                phrase = opened and role & CLOSES and pairs < MAX_PHRASES and count <= MAX_WORDS - 2
                if phrase or (role & ALONE and count < MAX_WORDS):
                    first = second = 0
                    for which in range(0 if phrase else 1, 2):
                        if which:
                            its_number, its_begin, its_size, its_key = number, begin, size, key
                        else:
                            its_number, its_begin, its_size, its_key = (
                                number_before,
                                begin_before,
                                size_before,
                                key_before,
                            )
                        place = count
                        if its_number:
                            if met[its_number] == review:
                                place = met_as[its_number]
                        else:
                            place = 0
                            while place < count and not (
                                keys[place] == its_key
                                and sizes[place] == its_size
                                and not numbers[place]
                                and not _is_after(texts, its_begin, its_size, begins[place], its_size)
                                and not _is_after(texts, begins[place], its_size, its_begin, its_size)
                            ):
                                place += 1
                        if place == count:
                            numbers[count], begins[count] = its_number, its_begin
                            sizes[count], keys[count] = its_size, its_key
                            first_bytes[count] = _first_bytes(texts, its_begin, its_size)
                            if its_number:
                                met[its_number], met_as[its_number] = review, count
                            count += 1
                        first, second = second, place
                    if phrase:
                        pair = 0
                        while pair < pairs and not (phrases[pair, 0] == first and phrases[pair, 1] == second):
                            pair += 1
                        if pair == pairs:
                            phrases[pairs, 0], phrases[pairs, 1] = first, second
                            pairs += 1
                opened = bool(role & OPENS)
                number_before, begin_before, size_before, key_before = number, begin, size, key
            at = end
        _sort(texts, begins, sizes, first_bytes, count, order)
        for place in range(count):
            places[order[place]] = place
        size = _put(bits, 0, 1, 1)
        known, size = _put_ranks(bits, size, numbers, count, codes, ranks)
        size = _put(bits, size, known < count, 1)
        if known < count:
            size = _put(bits, size, count - known, COUNT_BITS)
            for place in range(count):
                word = order[place]
                if not 0 < numbers[word] <= COUNT:
                    size = _put_spelled(bits, size, texts, begins[word], sizes[word], letters)
        width = 1
        while (count - 1) >> width > 0:
            width += 1
        for pair in range(pairs):
            for which in range(2):
                size = _put(bits, size, places[phrases[pair, which]], width)
        into = _write(bits, size, out, into)
        out_ends[review] = into


read = compiled(_read)
"""Read the words and phrases of reviews.

Args:
    texts: title and text of each, as :func:`stream.drivers.terms.prepared`, in ASCII, laid end to end.
    ends: (2 n,): where each title, and each text, ends.
    tables: to look up.
    out: written; with room for two bytes a byte of the texts, and eight a review.
    out_ends: (n,), written: where the number of each review (:func:`stream.drivers.packing.number`) ends, most
        significant byte first.
"""
