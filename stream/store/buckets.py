"""Buckets of a chunk, packed into one string of Redis: written by ``buckets.lua``, read here.

A bucket of a few reviews takes 6 to 8 bytes this way; as a field of a hash it took 20 to 43. The string begins with the
hour when its life ends, counted from 1970-01-01 UTC, in three bytes: so who adds to it need not ask Redis for that. Two
bytes for the index of its last bucket in the chunk follow. Then come the buckets in rising order, each as

1. its counters. Of 1 to 31 reviews they are one number, most significant byte first, in as many bytes as the greatest
   such number needs: each counter is a digit whose base is how many values it can have (a *mixed radix*)::

       ((((p_good (4 rated + 1) + rating_sum - rated) (rated + 1) + agree) (rated + 1) + rated_bad)
           (reviews + 1) + rated) (reviews + 1) + good

   Of more, or of any that no such number can hold, they are the counters in stored order as LEB128 numbers, and a byte
   that says how long these are together;
2. if it is 8 or more indices behind the bucket before it, how many: one byte of up to 191, to which 8 are added; or a
   low byte and a high one of 192 and more, which stands for 200 and more;
3. its head: 32 times that gap less 1 where it is 1 to 7, else 224; and the number of reviews, 0 of those apart.

So a chunk is read from its end, where the newest buckets are, which most are asked for and written to. The first bucket
has its gap from index -1.
"""

from collections.abc import Iterator
from typing import Final

from stream.measures import P_SCALE

SMALL: Final = 31
"""Reviews up to which counters are one number: with more, it could pass 2^53, up to which Lua's numbers are exact."""


def _size(reviews: int) -> int:
    most = (reviews + 1) ** 4 * (4 * reviews + 1) * (reviews * P_SCALE + 1) - 1
    return (most.bit_length() + 7) // 8


SIZES: Final = (0, *map(_size, range(1, SMALL + 1)))
"""Bytes of the one number, by reviews."""

_HEADER: Final = 5


class DamagedChunk(ValueError):
    """A string that is no chunk."""


def read_chunk(chunk: bytes, first: int, last: int) -> Iterator[tuple[int, list[int]]]:
    """Index and counters, in stored order, of the buckets from ``first`` to ``last``; the newest first.

    Raises:
        DamagedChunk: it is none, as far as it was read.
    """
    at = len(chunk)
    try:
        index = chunk[3] << 8 | chunk[4]
        while at > _HEADER and index >= first:
            at -= 1
            head = chunk[at]
            n, gap = head & 31, (head >> 5) + 1
            if gap == 8:
                at -= 1
                gap = 8 + chunk[at]
                if gap >= 200:
                    at -= 1
                    gap = 200 + ((gap - 200) << 8 | chunk[at])
            if n:
                end, at = at, at - SIZES[n]
            else:
                end = at - 1
                at = end - chunk[end]
            if index <= last:
                packed = chunk[at:end]
                yield index, _small(packed, n) if n else _apart(packed)
            index -= gap
    except IndexError as error:
        raise DamagedChunk(f"a chunk of {len(chunk)} bytes ends within a bucket") from error
    if at < _HEADER or (at == _HEADER and index != -1):
        raise DamagedChunk(f"a chunk of {len(chunk)} bytes begins {at} bytes and {index} buckets from its start")


def _small(packed: bytes, n: int) -> list[int]:
    rest, good = divmod(int.from_bytes(packed, "big"), n + 1)
    rest, rated = divmod(rest, n + 1)
    rest, rated_bad = divmod(rest, rated + 1)
    rest, agree = divmod(rest, rated + 1)
    p_good, above = divmod(rest, 4 * rated + 1)
    return [n, good, p_good, rated, rated + above, rated_bad, agree]


def _apart(packed: bytes) -> list[int]:
    counters, value, shift = [], 0, 0
    for digit in packed:
        value |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            counters.append(value)
            value = shift = 0
    return counters
