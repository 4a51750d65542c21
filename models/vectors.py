"""Word vectors of the training part's own texts, for an embedding to begin with.

Source: O. Levy, Y. Goldberg, I. Dagan, "Improving Distributional Similarity with Lessons Learned from Word Embeddings"
(2015): the positive pointwise mutual information of words that stand near each other, its contexts' counts smoothed,
factored by a truncated singular value decomposition. On texts as few as ours it is the equal of word2vec, and it has
one result for one input.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WINDOW: Final = 4
"""Words to each side that are near; the next one counts fully, the last one a quarter."""

SMOOTHING: Final = 0.75
"""Power of the contexts' counts, without which rare contexts have the highest information."""


def word_vectors(ids: NDArray[np.int32], num_words: int, dimensions: int, seed: int) -> NDArray[np.float32]:
    """Vectors of shape (``num_words``, ``dimensions``), of mean 0 and standard deviation 1 over all words there are.

    Id 0 and ids that stand nowhere get zeros, and so do dimensions beyond the number of different words.

    Args:
        ids: (n, length) of the training part, id 0 at either end.
        num_words: ids are below this.
        dimensions: at least 1.
        seed: of the decomposition.
    """
    from sklearn.utils.extmath import randomized_svd

    information = _information(_near(ids, num_words))
    found = np.zeros((num_words, dimensions), np.float32)
    rank = min(dimensions, num_words - 1)
    left, sizes, _ = randomized_svd(information, rank, n_iter=4, random_state=seed)
    # The square root of the singular values: without them all dimensions weigh the same, with them whole a few do.
    found[:, :rank] = left * np.sqrt(sizes)
    there = np.unique(ids[ids > 0])
    spread = found[there].std() if len(there) else 0.0
    found[np.setdiff1d(np.arange(num_words), there)] = 0
    return found / np.float32(spread) if spread else found


def _near(ids: NDArray[np.int32], num_words: int) -> Any:
    """(num_words, num_words) sparse: how often two words are near each other, weighted by nearness."""
    from scipy import sparse

    total = sparse.csr_matrix((num_words, num_words), dtype=np.float64)
    for apart in range(1, min(WINDOW, ids.shape[1] - 1) + 1):
        one, other = ids[:, :-apart].ravel(), ids[:, apart:].ravel()
        both = (one > 0) & (other > 0)
        weight = np.full(int(both.sum()), (WINDOW - apart + 1) / WINDOW)
        total += sparse.csr_matrix((weight, (one[both], other[both])), shape=total.shape)
    return total + total.T


def _information(near: Any) -> Any:
    """Positive pointwise mutual information in nats, sparse."""
    from scipy import sparse

    counts = np.asarray(near.sum(axis=1)).ravel()
    contexts = counts**SMOOTHING
    pairs = near.tocoo()
    expected = counts[pairs.row] * contexts[pairs.col] / max(contexts.sum(), 1e-12)
    value = np.log(pairs.data / expected)
    positive = value > 0
    return sparse.csr_matrix((value[positive], (pairs.row[positive], pairs.col[positive])), shape=near.shape)
