"""Entries of a sample as the store keeps them: 30 bytes a product review, where its text of words took 110.

The hash comes first, four bytes that the script reads, most significant first. Then one number, whose binary digits
after the first 1 are, from the most significant on,

- 1 for a mark of the product, and then its 32 bits; else 0;
- the minute of the day, 11 bits. Windows begin and end with minutes, so a review's milliseconds tell nothing more;
- how many words are frequent ones (:mod:`stream.lexicon`), 6 bits; and these, by rank: each as its distance from the
  one before, the first from -1. A distance is the number of its binary digits, in a prefix code, and the digits but
  for the first one (P. Elias, "Universal codeword sets and representations of the integers", IEEE Transactions on
  Information Theory 21 (1975), 194-203, with codes that fit reviews);
- 1 if there are other words, and then how many, 6 bits, and these: 0 and five bits a letter or apostrophe, with 27 as
  the end; or 1, seven bits for how many bytes they are in UTF-8, and the bytes;
- for each phrase the places of its words in alphabetical order, in as few bits as can tell that many words apart, up
  to the last bit.
"""

from typing import Final

from stream.drivers.terms import FIRST
from stream.lexicon.words import ranks, words

HASH_BYTES: Final = 4
OF_PRODUCT_BYTES: Final = 3
"""Of a hash, most significant ones that are stored of a product's entries; the others are read as 0."""

LENGTHS: Final = (7, 3, 4, 4, 3, 3, 3, 3, 4, 4, 4, 5, 6, 8, 8)
"""Bits of the prefix code for distances of 1 to 15 binary digits: Huffman's, of 8,000 product reviews."""

_LONGEST: Final = max(LENGTHS)
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz'"
END: Final = len(LETTERS)
MINUTE_BITS, COUNT_BITS, LETTER_BITS, SIZE_BITS, BYTE_BITS = 11, 6, 5, 7, 8


def _canonical() -> list[tuple[int, int]]:
    """By number of digits: the code's value and bits; index 0 is of none."""
    codes, value, before = [(0, 0)] * (len(LENGTHS) + 1), 0, 0
    for bits, digits in sorted((bits, digits) for digits, bits in enumerate(LENGTHS, 1)):
        value <<= bits - before
        codes[digits], before = (value, bits), bits
        value += 1
    return codes


CODES: Final = _canonical()


def _lookup() -> list[tuple[int, int]]:
    """The next bits to the number of digits that they begin with the code of, and the code's bits."""
    found = [(0, 0)] * (1 << _LONGEST)
    for digits, (value, bits) in enumerate(CODES):
        if digits:
            first = value << _LONGEST - bits
            found[first : first + (1 << _LONGEST - bits)] = [(digits, bits)] * (1 << _LONGEST - bits)
    return found


_DIGITS: Final = _lookup()


class DamagedEntry(ValueError):
    """Bytes that are no entry."""


def pack(place: int, minute: int, content: int, mark: str = "") -> bytes:
    """An entry.

    Args:
        place: its hash.
        minute: of the day.
        content: its :func:`number`.
        mark: of its product, from :func:`stream.drivers.sample.mark_of`; ``""`` for none.
    """
    head = (3 << 32 | int(mark, 16) if mark else 2) << MINUTE_BITS | minute
    value = (head - 1 << content.bit_length() - 1) + content  # in place of the first 1
    return place.to_bytes(HASH_BYTES, "big") + value.to_bytes((value.bit_length() + 7) // 8, "big")


def number(content: str) -> int:
    """A 1, and the binary digits of an entry that follow the minute.

    Args:
        content: from :func:`stream.drivers.terms.entry_of`.
    """
    line, _, phrases = content.partition("\n")
    names = line.split(" ") if line else []
    rank_of = ranks()
    known = sorted([rank_of[name] for name in names if name in rank_of])
    value = 1 << COUNT_BITS | len(known)
    before = -1
    for rank in known:
        distance, before = rank - before, rank
        digits = distance.bit_length()
        code, bits = CODES[digits]
        value = (value << bits | code) << digits - 1 | distance - (1 << digits - 1)
    if len(known) < len(names):
        value = (value << 1 | 1) << COUNT_BITS | len(names) - len(known)
        for name in names:
            if name not in rank_of:
                value = _spelled(value, name)
    else:
        value <<= 1
    width = _width(len(names))
    for char in phrases:
        value = value << width | ord(char) - FIRST
    return value


def _width(names: int) -> int:
    """Bits of a word's place; one at least, or nothing would tell that a word alone is a phrase with itself."""
    return max(1, (names - 1).bit_length())


def hash_of(packed: bytes) -> int:
    """The hash alone."""
    return int.from_bytes(packed[:HASH_BYTES], "big")


def unpack(packed: bytes) -> tuple[int, str, str]:
    """Minute, content and mark of an entry.

    Raises:
        DamagedEntry: it is none.
    """
    digits = _Digits(packed[HASH_BYTES:])
    mark = f"{digits.take(32):08x}" if digits.take(1) else ""
    minute, rank, names, all_words = digits.take(MINUTE_BITS), -1, [], words()
    for _ in range(digits.take(COUNT_BITS)):
        rank += digits.distance()
        if rank >= len(all_words):
            raise DamagedEntry(f"there is no word {rank}")
        names.append(all_words[rank])
    if digits.take(1):
        names += [digits.spelled() for _ in range(digits.take(COUNT_BITS))]
    width = _width(len(names))
    phrases = "".join([chr(FIRST + digits.take(width)) for _ in range(digits.left // width)])
    if digits.left or len(phrases) % 2:
        raise DamagedEntry(f"{digits.left} bits are too many, or a word")
    return minute, " ".join(sorted(names)) + "\n" + phrases, mark


def lists(content: bytes, hash_bytes: int) -> list[tuple[int, list[bytes]]]:
    """The lists of a sample, bad and good: the most that each may hold, and its entries. Their form tells samples.lua.

    Args:
        content: what is stored.
        hash_bytes: of a hash in there.

    Raises:
        DamagedEntry: it is none.
    """
    first = 3 + int.from_bytes(content[:3], "big")
    try:
        return [_list(content, 3, first, hash_bytes), _list(content, first, len(content), hash_bytes)]
    except IndexError:
        raise DamagedEntry(f"{len(content)} bytes end within a list of entries") from None


def _list(content: bytes, at: int, end: int, hash_bytes: int) -> tuple[int, list[bytes]]:
    most, count = content[at] << 8 | content[at + 1], content[at + 2] << 8 | content[at + 3]
    hashes = at + 4
    sizes = hashes + hash_bytes * count
    at = sizes + count
    entries = []
    for number in range(count):
        place, size = hashes + hash_bytes * number, content[sizes + number]
        if not size:
            size, at = content[at] << 8 | content[at + 1], at + 2
        entries.append(content[place : place + hash_bytes].ljust(HASH_BYTES, b"\0") + content[at : at + size])
        at += size
    if at != end:
        raise DamagedEntry(f"a list of {count} entries ends at byte {at}, not {end}")
    return most, entries


class _Digits:
    """Binary digits of a number, after the first 1."""

    def __init__(self, packed: bytes) -> None:
        self._value = int.from_bytes(packed, "big")
        self.left = self._value.bit_length() - 1

    def take(self, bits: int) -> int:
        self.left -= bits
        if self.left < 0:
            raise DamagedEntry(f"{-self.left} bits are missing")
        return self._value >> self.left & (1 << bits) - 1

    def distance(self) -> int:
        ahead = self.left - _LONGEST
        value = self._value >> ahead if ahead >= 0 else self._value << -ahead
        digits, bits = _DIGITS[value & (1 << _LONGEST) - 1]
        self.take(bits)
        return 1 << digits - 1 | self.take(digits - 1)

    def spelled(self) -> str:
        if self.take(1):
            return bytes([self.take(BYTE_BITS) for _ in range(self.take(SIZE_BITS))]).decode()
        letters = []
        while (letter := self.take(LETTER_BITS)) != END:
            letters.append(LETTERS[letter])
        return "".join(letters)


def _spelled(value: int, word: str) -> int:
    """The word behind the digits of ``value``."""
    if all(char in LETTERS for char in word):
        value <<= 1
        for char in word:
            value = value << LETTER_BITS | LETTERS.index(char)
        return value << LETTER_BITS | END
    raw = word.encode()
    value = (value << 1 | 1) << SIZE_BITS | len(raw)
    return value << BYTE_BITS * len(raw) | int.from_bytes(raw, "big")
