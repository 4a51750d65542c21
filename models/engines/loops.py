"""The loops of the CPU engine, compiled by numba at the first call and kept for the next process.

Every inner loop goes over slices of one length, which the compiler turns into vector instructions. Pooling stands in
both layers: as one function, inlined or not, it made the whole engine take a tenth longer (8,192 real reviews).
"""

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.engines.blocks import KERNEL, POOL


def _first_layer(
    ids: NDArray[np.int32],
    order: NDArray[np.int64],
    blocks: NDArray[np.int64],
    starts: NDArray[np.int64],
    tables: NDArray[np.float32],
    bias: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    width = bias.shape[0]
    sums = np.empty(width, np.float32)
    for place in range(order.shape[0]):
        words = ids[order[place]]
        for block in range(blocks[place]):
            most = out[starts[block] + place]
            for position in range(block * POOL, (block + 1) * POOL):
                line = tables[words[position], 0]
                for unit in range(width):
                    sums[unit] = line[unit]
                for tap in range(1, KERNEL):
                    line = tables[words[position + tap], tap]
                    for unit in range(width):
                        sums[unit] += line[unit]
                if position == block * POOL:
                    for unit in range(width):
                        most[unit] = sums[unit]
                else:
                    for unit in range(width):
                        most[unit] = max(most[unit], sums[unit])
            for unit in range(width):
                most[unit] = max(most[unit] + bias[unit], np.float32(0))


def _second_layer(
    products: NDArray[np.float32],
    blocks: NDArray[np.int64],
    starts: NDArray[np.int64],
    padding: NDArray[np.float32],
    bias: NDArray[np.float32],
    wanted: NDArray[np.int64],
    begins: NDArray[np.int64],
    out: NDArray[np.float32],
) -> None:
    width = bias.shape[0]
    sums = np.empty(width, np.float32)
    for place in range(blocks.shape[0]):
        for block in range(wanted[place]):
            most = out[begins[block] + place]
            for position in range(block * POOL, (block + 1) * POOL):
                sees = max(min(blocks[place] - position, KERNEL), 0)
                for unit in range(width):
                    sums[unit] = padding[sees, unit]
                for tap in range(sees):
                    line = products[starts[position + tap] + place, tap * width : (tap + 1) * width]
                    for unit in range(width):
                        sums[unit] += line[unit]
                if position == block * POOL:
                    for unit in range(width):
                        most[unit] = sums[unit]
                else:
                    for unit in range(width):
                        most[unit] = max(most[unit], sums[unit])
            for unit in range(width):
                most[unit] = max(most[unit] + bias[unit], np.float32(0))


def _cells(gates: NDArray[np.float32], cell: NDArray[np.float32]) -> None:
    units = cell.shape[1]
    half = np.float32(0.5)
    for place in range(cell.shape[0]):
        let_in, keep, candidate = gates[place, :units], gates[place, units : 2 * units], gates[place, 3 * units :]
        mine = cell[place]
        for unit in range(units):
            mine[unit] = half * ((1 + keep[unit]) * mine[unit] + (1 + let_in[unit]) * candidate[unit])


first_layer = compiled(_first_layer)
"""Embedding, convolution and pooling of all blocks.

Args:
    ids: (n, length).
    order: (n,): which review stands at which place.
    blocks: (n,): how many of each place's, none of them more than the place's before.
    starts: where the blocks of each number begin (:func:`models.engines.blocks.packed`).
    tables: (words, KERNEL, width): what a word at each tap of the kernel adds.
    bias: (width,); it and ReLU keep order, so that they come after the maximum.
    out: (sum of blocks, width), written.
"""

second_layer = compiled(_second_layer)
"""The sums of the second convolution, and pooling.

Args:
    products: (sum of blocks, KERNEL * width): the first layer's blocks, times each tap of the kernel; of block i, taps
        beyond i are not read, for no position sees it there.
    blocks, starts: of the first layer, as above.
    padding: (KERNEL + 1, width): what padding adds to a position that sees as many blocks at its front.
    bias: (width,).
    wanted, begins: as ``blocks`` and ``starts``, of this layer.
    out: (sum of wanted, width), written.
"""

cells = compiled(_cells)
"""One step of LSTM cells.

Args:
    gates: (n, 4 * units): hyperbolic tangents, in the engine's order of gates; a sigmoid is half of one plus a half.
    cell: (n, units), moved on in place.
"""
