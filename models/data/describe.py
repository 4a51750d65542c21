"""What rows hold, before anything is learned from them."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.data.labelled import NO_TIME, Labelled
from models.data.table import Table
from models.split import divide, leaks, normalised

SEED: Final = 42
"""Of the random split whose leak is told: that of `aura train` where none is given."""

MOST_RATINGS: Final = 10
"""Ratings that get a line and a picture each. Data with more different ones, such as shares of 100, are shown as good
and bad, rather than in a hundred panels that nobody can read."""


class Lengths(Struct, frozen=True, kw_only=True):
    """How long the reviews of one rating are, in words between blanks. Quartiles are interpolated."""

    rating: str
    reviews: int
    lower_quartile: float
    median: float
    upper_quartile: float
    percentile_95: float
    longest: int


class RandomSplit(Struct, frozen=True, kw_only=True):
    """What a random 80:20 split by row would do."""

    seed: int
    test: int
    leaks: int
    """Test rows whose text stands in the training part, in lower case and with white space as one blank."""


class Description(Struct, frozen=True, kw_only=True):
    """What ``aura data describe --json`` prints. ``None``: the data have no such column."""

    name: str
    files: tuple[str, ...]
    sha256: str
    rows: int
    nulls: dict[str, int]
    """Blank fields of each column, in all rows."""
    left_out: dict[str, int]
    """Rows that cannot be used, by reason. What follows is of the others."""
    usable: int
    ratings: dict[str, int]
    """Reviews of each rating; empty where there are more than :data:`MOST_RATINGS` of them."""
    target: str
    bad: int
    products: int | None
    earliest: str | None
    latest: str | None
    without_time: int | None
    repeated: int
    """Rows whose text, to the letter, an earlier row has."""
    repeated_normalised: int
    """The same, in lower case and with white space as one blank."""
    random_split: RandomSplit | None
    """``None`` where there are too few rows to divide."""
    lengths: tuple[Lengths, ...]
    """Of each rating from the lowest up, then of all."""


def describe(rows: Labelled, table: Table) -> Description:
    """Describe usable rows, of which there must be one, and the files that they came from."""
    texts = [review.text for review in rows.reviews]
    dated = None if rows.time_ms is None else rows.time_ms[rows.time_ms != NO_TIME]
    groups = by_rating(rows)
    return Description(
        name=rows.name,
        files=tuple(path.name for path in rows.paths),
        sha256=rows.sha256,
        rows=table.rows,
        nulls=table.nulls,
        left_out=rows.left_out,
        usable=len(texts),
        ratings={} if groups.keys() & {"good", "bad"} else {rating: len(lengths) for rating, lengths in groups.items()},
        target=rows.scale.target,
        bad=int(rows.bad.sum()),
        products=None if rows.product is None else len(set(rows.product) - {""}),
        earliest=None if dated is None or not len(dated) else _time(dated.min()),
        latest=None if dated is None or not len(dated) else _time(dated.max()),
        without_time=None if dated is None else len(texts) - len(dated),
        repeated=len(texts) - len(set(texts)),
        repeated_normalised=len(texts) - len(set(map(normalised, texts))),
        random_split=_random_split(rows),
        lengths=(*(_lengths(rating, lengths) for rating, lengths in groups.items()), _lengths("all", words(rows))),
    )


def by_rating(rows: Labelled) -> dict[str, NDArray[np.intp]]:
    """Words of each review, under its rating from the lowest up; under good and bad where there are many ratings."""
    lengths = words(rows)
    scores = np.unique(rows.scores)
    if len(scores) > MOST_RATINGS:
        return {name: part for name, part in (("bad", lengths[rows.bad]), ("good", lengths[~rows.bad])) if len(part)}
    return {f"{score:g}": lengths[rows.scores == score] for score in scores}


def words(rows: Labelled) -> NDArray[np.intp]:
    """[n] words of each review, parted by white space."""
    return np.array([len(review.text.split()) for review in rows.reviews], np.intp)


def _lengths(rating: str, lengths: NDArray[np.intp]) -> Lengths:
    lower, median, upper, high = np.percentile(lengths, [25, 50, 75, 95]).tolist()
    return Lengths(
        rating=rating,
        reviews=len(lengths),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        percentile_95=high,
        longest=int(lengths.max()),
    )


def _random_split(rows: Labelled) -> RandomSplit | None:
    if len(rows.reviews) < 2:
        return None
    parts = divide(rows, "random", validation=0, seed=SEED)
    return RandomSplit(seed=SEED, test=len(parts.test), leaks=leaks(rows, parts))


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
