"""Words, pairs and triples of words as addresses in tables of weights.

Pairs and triples are hashed, so that a table has a fixed size whatever is written; two that share an address share a
weight (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009). Those of the title have
addresses of their own. None reaches over the mark between title and text (:data:`models.preprocessing.tokenizer.MARK`).
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

MARK_ID: Final = 1
"""Of :data:`models.preprocessing.tokenizer.MARK`, where reviews are read with one."""

ORDERS: Final = ("words", "pairs", "triples")
"""Tables, by the number of words that an address stands for."""

FACTOR: Final = 1_000_003
"""Prime. ``(first * FACTOR + second) * FACTOR + third`` stays far below 2^63 for ids below 2^20."""

SALT: Final = 500_009
"""Added for the title."""

DAMPING: Final = 1 / 3
"""A sum over n addresses is divided by n to this power. Product reviews, five folds by text, validation only: ROC-AUC
.9373 with 1/3, .9362 with 1/2 and .9332 with 0."""


class Group(NamedTuple):
    """All sequences of one order in one field."""

    order: str
    addresses: Any
    """(n, places), int64."""
    there: Any
    """(n, places), 1 where a sequence stands and 0 elsewhere, int64."""


def rows(order: str, num_words: int, buckets: int) -> int:
    """Of an order's table. A word's address is exact: its id, and beyond ``num_words`` the same for titles."""
    return 2 * num_words if order == "words" else buckets


def groups(ids: Any, ops: Any, *, num_words: int, buckets: int) -> Iterator[Group]:
    """The six groups of reviews: three orders, each in the title and in the text.

    Args:
        ids: int64 of shape (n, length), at least 3 of it, id 0 at the end alone.
        ops: ``numpy``, or ``keras.ops`` for tensors.
        num_words: ids are below this.
        buckets: rows of the tables of pairs and of triples.
    """
    zero, one = ids * 0, ids * 0 + 1  # of their type: tensors of two integer types do not add
    in_title = ops.where(ops.cumsum(ops.where(ids == MARK_ID, one, zero), axis=1) == 0, one, zero)
    word = ops.where(ids > MARK_ID, one, zero)
    hashed, whole = ids, word
    for order, name in enumerate(ORDERS):
        if order:
            hashed = hashed[:, :-1] * FACTOR + ids[:, order:]
            whole = whole[:, :-1] * word[:, order:]
        title = in_title[:, : in_title.shape[1] - order]
        addresses = (hashed + title * SALT) % buckets if order else ids + title * num_words
        for field in (title, 1 - title):
            yield Group(name, addresses, whole * field)
