"""Labelled reviews from a CSV file."""

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.review import Review

BAD_BELOW: Final = 4
"""A review is bad if its rating is below this, as the source material defines it: three stars are bad."""

TARGET: Final = f"bad = rating < {BAD_BELOW}"


class DataError(Exception):
    """A file that cannot be used as labelled reviews.

    Attributes:
        path: the file.
        reason: what is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnknownColumn(DataError):
    """A column that the file does not have.

    Attributes:
        column: the one asked for.
        columns: those that it has.
    """

    def __init__(self, path: Path, column: str, columns: Sequence[str]) -> None:
        super().__init__(path, f"no column {column!r}; the columns are {', '.join(columns)}")
        self.column = column
        self.columns = tuple(columns)


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
    """Read columns ``text``, ``rating`` and ``title`` of a CSV file, gzip'd or not. May hold no row at all.

    Raises:
        UnknownColumn: one of them is not there.
        DataError: the file cannot be opened or is not CSV in UTF-8.
    """
    wanted = [column for column in (text, rating, title) if column is not None]
    try:
        found = list(pd.read_csv(path, nrows=0).columns)
        for column in wanted:
            if column not in found:
                raise UnknownColumn(path, column, found)
        # Texts such as "NA" or "null" are texts, so pandas must not read them as missing.
        frame = pd.read_csv(path, usecols=wanted, dtype=str, keep_default_na=False)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except UnicodeDecodeError as error:
        raise DataError(path, f"not UTF-8: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise DataError(path, error.strerror or str(error)) from None
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(path, f"not a CSV file: {error}".rstrip()) from None
    ratings = pd.to_numeric(frame[rating], errors="coerce").to_numpy(np.float64)
    texts = frame[text].astype(object).tolist()
    usable = np.isfinite(ratings) & np.fromiter((bool(t.strip()) for t in texts), bool, len(texts))
    titles = frame[title].astype(object).tolist() if title is not None else [None] * len(texts)
    reviews = [Review(t, headline or None) for t, headline, use in zip(texts, titles, usable, strict=True) if use]
    return Labelled(path, text, rating, digest, reviews, ratings[usable] < BAD_BELOW, int((~usable).sum()))
