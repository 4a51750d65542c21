"""Addresses of words, pairs and triples, worked out by hand."""

import numpy as np

from models.wide.grams import FACTOR, SALT, groups

IDS = np.array([[5, 6, 1, 7, 8, 9, 0], [1, 7, 8, 0, 0, 0, 0]], np.int64)
"""A title of two words and a text of three; no title and a text of two."""


def there(order: str, title: bool) -> list[list[int]]:
    """Addresses that count, of each review."""
    names = [(name, field) for name in ("words", "pairs", "triples") for field in (True, False)]
    found = dict(zip(names, groups(IDS, np, num_words=10, buckets=97), strict=True))[order, title]
    return [row[here > 0].tolist() for row, here in zip(found.addresses, found.there, strict=True)]


def test_words_of_the_title_have_addresses_of_their_own() -> None:
    assert there("words", title=True) == [[15, 16], []]
    assert there("words", title=False) == [[7, 8, 9], [7, 8]]


def test_pairs_and_triples_do_not_reach_over_the_mark() -> None:
    assert there("pairs", title=True) == [[(5 * FACTOR + 6 + SALT) % 97], []]
    assert there("pairs", title=False) == [[(7 * FACTOR + 8) % 97, (8 * FACTOR + 9) % 97], [(7 * FACTOR + 8) % 97]]
    assert there("triples", title=True) == [[], []]
    assert there("triples", title=False) == [[((7 * FACTOR + 8) * FACTOR + 9) % 97], []]
