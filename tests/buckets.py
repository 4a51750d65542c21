"""Chunks of buckets as the store has them, written from Python: to tamper with them, and to check what reads them."""

from collections.abc import Mapping

from stream.measures import P_SCALE
from stream.store.buckets import SIZES, SMALL, read_chunk


def packed(buckets: Mapping[int, list[int]], hour: int = 500_000) -> bytes:
    """A chunk of these, whose life ends at an hour: index to counters in stored order."""
    chunk, before = b"", -1
    for index, counters in sorted(buckets.items()):
        n, content = _counters(counters)
        gap, before = index - before, index
        if gap < 8:
            chunk += content + bytes([(gap - 1) * 32 + n])
        elif gap < 200:
            chunk += content + bytes([gap - 8, 224 + n])
        else:
            chunk += content + bytes([(gap - 200) % 256, 192 + (gap - 200) // 256, 224 + n])
    return hour.to_bytes(3, "big") + before.to_bytes(2, "big") + chunk


def with_one_more(chunk: bytes, index: int) -> bytes:
    """The chunk with a review more in a bucket, of which nothing else was counted."""
    buckets = dict(read_chunk(chunk, 0, 2**16))
    buckets[index][0] += 1
    return packed(buckets, int.from_bytes(chunk[:3], "big"))


def _counters(counters: list[int]) -> tuple[int, bytes]:
    n, good, p_good, rated, rating_sum, rated_bad, agree = counters
    ratings = max(rated_bad, agree) <= rated <= rating_sum <= 5 * rated
    if 1 <= n <= SMALL and max(good, rated) <= n and ratings and p_good <= n * P_SCALE:
        number = p_good * (4 * rated + 1) + rating_sum - rated
        number = ((number * (rated + 1) + agree) * (rated + 1) + rated_bad) * (n + 1) + rated
        return n, (number * (n + 1) + good).to_bytes(SIZES[n], "big")
    content = b"".join(map(_varint, counters))
    return 0, content + bytes([len(content)])


def _varint(value: int) -> bytes:
    digits = [value >> shift & 127 for shift in range(0, max(1, value.bit_length()), 7)]
    return bytes([digit | 128 for digit in digits[:-1]] + digits[-1:])
