"""Labelled reviews from a CSV file."""

import hashlib
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.csv_files import open_csv
from models.review import Review

BAD_BELOW: Final = 4
"""A review is bad if its rating is below this, as the source material defines it: three stars are bad."""

TARGET: Final = f"bad = rating < {BAD_BELOW}"


class Labelled(NamedTuple):
    """The rows of a file that have both a text and a rating."""

    path: Path
    text: str
    """Name of the text column."""
    rating: str
    """Name of the rating column."""
    sha256: str
    """Of the file as it is, compressed or not."""
    reviews: list[Review]
    bad: NDArray[np.bool_]
    skipped: int
    """Rows left out: text missing or blank, or rating not a finite number."""


def read_labelled(path: Path, *, text: str, rating: str, title: str | None = None) -> Labelled:
    """Read columns ``text``, ``rating`` and ``title`` of a CSV file, gzip'd or not. The result may hold no row.

    Raises:
        UnknownColumn: one of them is not there.
        DataError: the file cannot be opened or is not CSV in UTF-8.
    """
    reviews: list[Review] = []
    bad: list[bool] = []
    skipped = 0
    with open_csv(path) as reader:
        text_at, rating_at = reader.column(text), reader.column(rating)
        title_at = reader.column(title) if title is not None else None
        for row in reader.records():
            stars = _number(row[rating_at])
            if stars is None or not row[text_at].strip():
                skipped += 1
                continue
            reviews.append(Review(row[text_at], row[title_at] or None if title_at is not None else None))
            bad.append(stars < BAD_BELOW)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Labelled(path, text, rating, digest, reviews, np.array(bad, np.bool_), skipped)


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    return number if isfinite(number) else None
