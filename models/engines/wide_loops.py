"""The loops of the engine of ``wide-deep``, compiled by numba at the first call and kept for the next process.

Every inner loop goes over two slices of one length, which the compiler turns into vector instructions; over indices
into whole arrays it does not, and took five times as long.
"""

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.wide.grams import DAMPING, FACTOR, MARK_ID, SALT


def _convolution(
    ids: NDArray[np.int32],
    counts: NDArray[np.int64],
    table: NDArray[np.float32],
    bias: NDArray[np.float32],
    first: int,
    out: NDArray[np.float32],
) -> None:
    width, filters = table.shape[1], table.shape[2]
    sums = np.empty(filters, np.float32)
    for review in range(ids.shape[0]):
        count = counts[review]
        words = ids[review]
        most = out[review, first : first + filters]
        for position in range(count):
            start = position - (width - 1) // 2
            here, last = max(start, 0), min(start + width, count) - 1
            line = table[words[here], here - start]
            for unit in range(filters):
                sums[unit] = bias[unit] + line[unit]
            for place in range(here + 1, last):
                line = table[words[place], place - start]
                for unit in range(filters):
                    sums[unit] += line[unit]
            if here < last:
                line = table[words[last], last - start]
                for unit in range(filters):
                    most[unit] = max(most[unit], sums[unit] + line[unit])
            else:
                for unit in range(filters):
                    most[unit] = max(most[unit], sums[unit])


def _means(
    ids: NDArray[np.int32],
    counts: NDArray[np.int64],
    embedding: NDArray[np.float32],
    first: int,
    out: NDArray[np.float32],
) -> None:
    dimensions = embedding.shape[1]
    for review in range(ids.shape[0]):
        count = counts[review]
        mean = out[review, first : first + dimensions]
        for position in range(count):
            line = embedding[ids[review, position]]
            for unit in range(dimensions):
                mean[unit] += line[unit]
        scale = np.float32(1 / np.sqrt(max(count, 1)))
        for unit in range(dimensions):
            mean[unit] *= scale


def _wide_sums(
    ids: NDArray[np.int32],
    counts: NDArray[np.int64],
    words: NDArray[np.float32],
    pairs: NDArray[np.float32],
    triples: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    columns = words.shape[1]
    half, buckets = words.shape[0] // 2, np.uint64(pairs.shape[0])
    factor = np.uint64(FACTOR)
    sums = np.empty((6, columns), np.float32)
    number = np.empty(6, np.int64)
    for review in range(ids.shape[0]):
        sums[:] = 0
        number[:] = 0
        group, run = 0, 0
        salt, offset = np.uint64(SALT), half
        pair = before = np.uint64(0)
        for position in range(counts[review]):
            word = ids[review, position]
            if word == MARK_ID:
                group, run = 3, 0
                salt, offset = np.uint64(0), 0
                continue
            run += 1
            here = np.uint64(word)
            number[group] += 1
            for column in range(columns):
                sums[group, column] += words[word + offset, column]
            if run > 2:
                at = np.int64((pair * factor + here + salt) % buckets)
                number[group + 2] += 1
                for column in range(columns):
                    sums[group + 2, column] += triples[at, column]
            pair = before * factor + here
            if run > 1:
                at = np.int64((pair + salt) % buckets)
                number[group + 1] += 1
                for column in range(columns):
                    sums[group + 1, column] += pairs[at, column]
            before = here
        mine = out[review, out.shape[1] - columns :]
        for group in range(6):
            if number[group]:
                scale = np.float32(number[group] ** -DAMPING)
                for column in range(columns):
                    mine[column] += scale * sums[group, column]


convolution = compiled(_convolution)
"""One convolution with its maximum over a review.

The first and the last word of a filter are added on the way to the sums and to the maximum: that spares two of the
passes over the sums, and a tenth to a third of the time.

Args:
    ids: (n, length).
    counts: (n,) words of each, at the front.
    table: (num_words, width, filters): what a word at each place of a filter adds.
    bias: (filters,).
    first: the column of ``out`` where its filters begin.
    out: (n, at least first + filters), zero there; written there.
"""

means = compiled(_means)
"""The damped mean of a review's words' vectors.

Args:
    ids, counts: as above.
    embedding: (num_words, dimensions).
    first: the column of ``out`` where they begin.
    out: (n, at least first + dimensions), zero there; written there.
"""

wide_sums = compiled(_wide_sums)
"""The wide part (:class:`models.wide.layer.WideSums`).

Args:
    ids, counts: as above.
    words: (2 * num_words, columns).
    pairs, triples: (buckets, columns).
    out: (n, at least columns), zero; its last columns are written.
"""
