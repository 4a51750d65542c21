"""A batch in parts that fit into the caches, on several threads where that is worth it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import OpenBLASController, ThreadpoolController

CHUNK: Final = 512
"""Reviews at once. Between the layers of the CNN-LSTM lie then some 6 MB, or 25 MB if every review is full length; what
``wide-deep``'s layers give is 0.6 MB. Of 256, 512, 1024 and 2048 the least processor time, by 2 to 10 %."""

SHARED: Final = 512
"""Fewer reviews than this are not worth waking another thread for: they take some milliseconds."""


class OneThread:
    """BLAS on one thread while anybody is inside, and on as many as before when all have left.

    Contexts of threadpoolctl each put back what they found: of two that overlap, the last to leave would put back the
    one thread of the other, for good. For the whole process, since BLAS has one number of threads for all.
    """

    def __init__(self) -> None:
        self._blas = ThreadpoolController().select(user_api="blas")
        self._lock = Lock()
        self._inside = 0
        self._put_back: Callable[[], None]

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._put_back = self._blas.limit(limits=1).restore_original_limits
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                # OpenBLAS listens to the thread alone that limited it, which may have left before.
                OpenBLASController.clear_controlling_thread(force=True)
                self._put_back()
                OpenBLASController.clear_controlling_thread(force=True)


ONE_THREAD: Final = OneThread()
"""The matrices here are small: threads of BLAS would wait for each other longer than they compute. Whoever trains in
the same process has all of them between two batches."""


class Parts:
    """Answers ids part by part. Safe to call from any thread.

    Args:
        answer: ids of shape (n, length) to sums of shape (n, classes); called from several threads at once.
        classes: columns of the answer.
        threads: how many compute at once.
    """

    def __init__(self, answer: Callable[[NDArray[np.int32]], NDArray[np.float32]], classes: int, threads: int) -> None:
        self._answer = answer
        self._classes = classes
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="aura-inference") if threads > 1 else None

    def __call__(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """The answers to all of ``ids``, in their order."""
        pool = self._pool if len(ids) >= SHARED else None
        most = CHUNK if pool is None else min(CHUNK, -(-len(ids) // self._threads))
        parts = [ids[start : start + most] for start in range(0, len(ids), most)]
        with ONE_THREAD:
            each = map(self._answer, parts) if pool is None else pool.map(self._answer, parts)
            return np.concatenate([np.empty((0, self._classes), np.float32), *each])
