"""What an engine is."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Engine(Protocol):
    """The arithmetic of one architecture. Another engine for the same weights needs to be nothing but this."""

    def logits(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Sums before softmax, shape (n, classes), from ids of shape (n, length), as the reader makes them."""
        ...
