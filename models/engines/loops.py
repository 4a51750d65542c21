"""The loops of the CPU engine, compiled by numba at the first call and kept beside this file for the next process."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.engines.blocks import KERNEL, POOL


def _first_layer(
    ids: NDArray[np.int32],
    blocks: NDArray[np.int32],
    tables: NDArray[np.float32],
    bias: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    width = bias.shape[0]
    sums = np.empty((POOL, width), np.float32)
    row = 0
    for review in range(ids.shape[0]):
        for block in range(blocks[review]):
            for position in range(POOL):
                start = block * POOL + position
                sums[position] = tables[ids[review, start], 0]
                for tap in range(1, KERNEL):
                    line = tables[ids[review, start + tap], tap]
                    for unit in range(width):
                        sums[position, unit] += line[unit]
            for unit in range(width):
                most = sums[0, unit]
                for position in range(1, POOL):
                    most = max(most, sums[position, unit])
                out[row, unit] = max(most + bias[unit], np.float32(0))
            row += 1


def _windows(
    inputs: NDArray[np.float32],
    blocks: NDArray[np.int32],
    wanted: NDArray[np.int32],
    padding: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    width = padding.shape[0]
    row = first = 0
    for review in range(blocks.shape[0]):
        for block in range(wanted[review]):
            for position in range(POOL):
                for tap in range(KERNEL):
                    at = block * POOL + position + tap
                    if at < blocks[review]:
                        out[row, tap * width : (tap + 1) * width] = inputs[first + at]
                    else:
                        out[row, tap * width : (tap + 1) * width] = padding
                row += 1
        first += blocks[review]


first_layer = njit(nogil=True, cache=True)(_first_layer)
"""Embedding, convolution and pooling of all blocks, laid end to end.

Args:
    ids: (n, length).
    blocks: (n,), of each review.
    tables: (words, KERNEL, width): what a word at each tap of the kernel adds.
    bias: (width,); it and ReLU keep order, so that they come after the maximum.
    out: (sum of blocks, width), written.
"""

windows = njit(nogil=True, cache=True)(_windows)
"""What each position of the second convolution sees, one row a position, for a single matrix product.

Args:
    inputs: (sum of blocks, width), as :func:`first_layer` writes them.
    blocks: (n,), of each review behind the first layer.
    wanted: (n,), behind the second.
    padding: (width,): the block that sees padding alone.
    out: (sum of wanted * POOL, KERNEL * width), written.
"""
