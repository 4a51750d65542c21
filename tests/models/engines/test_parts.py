from threading import Event, Thread

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import OpenBLASController, ThreadpoolController

from models.engines.parts import SHARED, Parts

LENGTH = 3


def test_threads_share_a_large_batch_alone() -> None:
    sizes = []

    def watched(ids: NDArray[np.int32]) -> NDArray[np.float32]:
        sizes.append(len(ids))
        return ids[:, :2].astype(np.float32)

    parts = Parts(watched, 2, threads=2)
    ids = np.arange((SHARED + 1) * LENGTH, dtype=np.int32).reshape(-1, LENGTH)
    answers = parts(ids)
    assert answers.shape == (SHARED + 1, 2)
    assert (answers == ids[:, :2]).all()
    assert sorted(sizes) == [SHARED // 2, SHARED // 2 + 1]
    sizes.clear()
    parts(ids[: SHARED - 1])
    assert sizes == [SHARED - 1]


def test_answers_that_overlap_leave_blas_its_threads() -> None:
    blas = ThreadpoolController().select(user_api="blas")

    def threads() -> set[int]:
        return {library["num_threads"] for library in blas.info()}

    def waiting(came: Event, go: Event) -> Parts:
        def answer(ids: NDArray[np.int32]) -> NDArray[np.float32]:
            came.set()
            assert go.wait(60)
            return ids[:, :2].astype(np.float32)

        return Parts(answer, 2, threads=1)

    ids = np.zeros((1, LENGTH), np.int32)
    before = blas.limit(limits=2)
    OpenBLASController.clear_controlling_thread()
    try:
        events = [(Event(), Event()) for _ in range(2)]
        callers = []
        for came, go in events:
            callers.append(Thread(target=waiting(came, go), args=(ids,)))
            callers[-1].start()
            assert came.wait(60)
            assert threads() == {1}
        for caller, (_, go), left in zip(callers, events, ({1}, {2}), strict=True):
            go.set()
            caller.join(60)
            assert threads() == left, "the first to come leaves first"
    finally:
        for _, go in events:
            go.set()
        before.restore_original_limits()
        OpenBLASController.clear_controlling_thread()
