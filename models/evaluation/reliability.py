"""How far probabilities are from what they promise: calibration error, and the bins of a reliability diagram.

Source: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

BINS: Final = 15
"""Of equal width, as in the source, so that figures compare with published ones."""


class Bin(Struct, frozen=True, kw_only=True):
    """Rows whose predicted probability lies in (low, high]."""

    low: float
    high: float
    rows: int
    predicted: float | None
    """Mean of the predicted probabilities; ``None`` without rows."""
    observed: float | None
    """Share of the rows in which the predicted thing is so; ``None`` without rows."""


def confidences(
    truth: NDArray[np.intp], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probability of the answer given, and whether it is right; both of shape (n,)."""
    answers = np.argmax(probabilities, axis=1)
    return probabilities[np.arange(len(truth)), answers], answers == truth


def bin_of(predicted: NDArray[np.float64]) -> NDArray[np.intp]:
    """Number of the bin of each probability: bins are closed on the right, the first on both sides."""
    return np.clip(np.ceil(predicted * BINS).astype(np.intp) - 1, 0, BINS - 1)


def expected_calibration_error(predicted: NDArray[np.float64], happened: NDArray[np.bool_]) -> float:
    """Mean distance of ``predicted`` from ``happened`` over the bins, weighted by rows; both of shape (n,), n > 0."""
    # |mean of happened - mean of predicted| * rows of a bin is the absolute value of the bin's summed differences.
    gaps = np.bincount(bin_of(predicted), weights=happened - predicted, minlength=BINS)
    return float(np.abs(gaps).sum() / len(predicted))


def bins(predicted: NDArray[np.float64], happened: NDArray[np.bool_]) -> tuple[Bin, ...]:
    """All :data:`BINS` bins, empty ones too; arguments of shape (n,)."""
    of = bin_of(predicted)
    rows = np.bincount(of, minlength=BINS)
    promised = np.bincount(of, weights=predicted, minlength=BINS) / np.maximum(rows, 1)
    kept = np.bincount(of, weights=happened, minlength=BINS) / np.maximum(rows, 1)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            rows=int(rows[number]),
            predicted=float(promised[number]) if rows[number] else None,
            observed=float(kept[number]) if rows[number] else None,
        )
        for number in range(BINS)
    )
