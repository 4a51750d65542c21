import numpy as np
from numpy.typing import NDArray

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
