"""One answer of two: the layers' and the wide part's, weighed by rows that neither was fitted on.

Source: D. Wolpert, "Stacked Generalization" (1992). The weighted sum of two linear layers is one linear layer, so that
what is found here is written into the network's last one, and the network stays one network.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

PENALTY: Final = 1e-3
"""On the squares of weights and shifts, so that they stay finite where the rows are told apart without an error."""


class Join(NamedTuple):
    """The joined sums are ``layers * sums of the layers + wide * sums of the wide part + shifts``."""

    layers: float
    wide: float
    shifts: NDArray[np.float64]
    """(classes,)"""


def fit(layers: NDArray[np.float32], wide: NDArray[np.float64], truth: NDArray[np.intp]) -> Join:
    """The weights with the lowest log loss.

    Args:
        layers: (n, classes) sums before the softmax.
        wide: (n, classes), or (n, 1) for the second of two classes.
        truth: (n,) class numbers.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax, softmax

    parts = (layers.astype(np.float64), each_class(wide))
    rows, classes = parts[0].shape
    # Of one size, so that one penalty suits both.
    sizes = [float(part.std()) or 1.0 for part in parts]
    scaled = [part / size for part, size in zip(parts, sizes, strict=True)]
    wanted = np.eye(classes)[truth]

    def loss(found: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        joined = found[0] * scaled[0] + found[1] * scaled[1] + found[2:]
        wrong = (softmax(joined, axis=1) - wanted) / rows
        slopes = np.concatenate([[(wrong * part).sum() for part in scaled], wrong.sum(axis=0)])
        nats = -(wanted * log_softmax(joined, axis=1)).sum() / rows
        return float(nats + PENALTY / 2 * (found @ found)), slopes + PENALTY * found

    found = minimize(loss, np.concatenate([[1.0, 1.0], np.zeros(classes)]), jac=True, method="BFGS").x
    return Join(float(found[0] / sizes[0]), float(found[1] / sizes[1]), found[2:])


def last_layer(
    kernel: NDArray[np.float32], bias: NDArray[np.float32], columns: int, join: Join
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel and bias that give the joined sums, from those that give the layers' alone.

    Args:
        kernel: (units + columns, classes), the wide part's columns last.
        bias: (classes,)
        columns: of the wide part.
        join: see :func:`fit`.
    """
    units = len(kernel) - columns
    joined = np.concatenate([join.layers * kernel[:units], join.wide * each_class(np.eye(columns))])
    return joined.astype(np.float32), (join.layers * bias + join.shifts).astype(np.float32)


def each_class(wide: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, classes) from (n, columns): one column is the second of two classes against the first."""
    return np.concatenate([np.zeros_like(wide), wide], axis=1) if wide.shape[1] == 1 else wide
