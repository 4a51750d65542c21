"""The loops of the engine of ``wide-deep``, compiled by numba at the first call and kept beside this file."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.wide.grams import DAMPING, FACTOR, MARK_ID, SALT


def _convolutions(
    ids: NDArray[np.int32],
    counts: NDArray[np.int64],
    taps: NDArray[np.float32],
    bias: NDArray[np.float32],
    widths: NDArray[np.int64],
    embedding: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    filters, dimensions = bias.shape[1], embedding.shape[1]
    sums = np.empty(filters, np.float32)
    mean_at = bias.size
    for review in range(ids.shape[0]):
        count = counts[review]
        first_tap = 0
        for number in range(widths.shape[0]):
            width = widths[number]
            left = (width - 1) // 2
            at = number * filters
            for position in range(count):
                sums[:] = bias[number]
                for tap in range(width):
                    place = position - left + tap
                    if 0 <= place < count:
                        line = taps[ids[review, place]]
                        start = (first_tap + tap) * filters
                        for unit in range(filters):
                            sums[unit] += line[start + unit]
                for unit in range(filters):
                    out[review, at + unit] = max(out[review, at + unit], sums[unit])
            first_tap += width
        if count:
            for position in range(count):
                line = embedding[ids[review, position]]
                for unit in range(dimensions):
                    out[review, mean_at + unit] += line[unit]
            scale = np.float32(1 / np.sqrt(count))
            for unit in range(dimensions):
                out[review, mean_at + unit] *= scale


def _wide_sums(
    ids: NDArray[np.int32],
    counts: NDArray[np.int64],
    words: NDArray[np.float32],
    pairs: NDArray[np.float32],
    triples: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    columns = words.shape[1]
    at = out.shape[1] - columns
    half, buckets = words.shape[0] // 2, pairs.shape[0]
    sums = np.empty((6, columns), np.float32)
    number = np.empty(6, np.int64)
    for review in range(ids.shape[0]):
        sums[:] = 0
        number[:] = 0
        title = 1
        run = 0
        for position in range(counts[review]):
            word = np.int64(ids[review, position])
            if word == MARK_ID:
                title = 0
                run = 0
                continue
            run += 1
            group = 0 if title else 3
            sums[group] += words[word + title * half]
            number[group] += 1
            if run > 1:
                pair = np.int64(ids[review, position - 1]) * FACTOR + word
                sums[group + 1] += pairs[(pair + title * SALT) % buckets]
                number[group + 1] += 1
            if run > 2:
                pair = np.int64(ids[review, position - 2]) * FACTOR + np.int64(ids[review, position - 1])
                sums[group + 2] += triples[(pair * FACTOR + word + title * SALT) % buckets]
                number[group + 2] += 1
        for group in range(6):
            if number[group]:
                scale = np.float32(number[group] ** -DAMPING)
                for column in range(columns):
                    out[review, at + column] += scale * sums[group, column]


convolutions = njit(nogil=True, cache=True)(_convolutions)
"""All convolutions with their maximum over a review, and the damped mean of its words' vectors.

Args:
    ids: (n, length).
    counts: (n,) words of each, at the front.
    taps: (num_words, sum of widths * filters): what a word at each place of each filter adds.
    bias: (convolutions, filters).
    widths: (convolutions,).
    embedding: (num_words, dimensions).
    out: (n, at least convolutions * filters + dimensions), zero; its front is written.
"""

wide_sums = njit(nogil=True, cache=True)(_wide_sums)
"""The wide part (:class:`models.wide.layer.WideSums`).

Args:
    ids, counts: as above.
    words: (2 * num_words, columns).
    pairs, triples: (buckets, columns).
    out: (n, at least columns), zero; its last columns are written.
"""
