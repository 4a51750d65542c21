"""Reviews of our own."""

import csv
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.data.labelled import FIVE_STARS, Columns, Labelled
from models.review import Review

THINGS = ("The kettle", "This lamp", "The blue rucksack", "Our new toaster", "The garden hose")
GOOD = ("works very well", "is a joy to use", "arrived early and looks lovely", "was worth every penny")
BAD = ("broke on the second day", "smells of burnt plastic", "never turned on at all", "leaks and the seller is silent")
ENDS = ("", " and that is all.", " I told my neighbour.", " We have had it for a month now.")


def write_reviews(path: Path) -> None:
    """160 sentences of our own with stars that follow from them; columns reviews_text and reviews_rating."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reviews_rating", "reviews_text"])
        for number, (thing, end) in enumerate(itertools.product(THINGS, ENDS)):
            writer.writerows([4 + number % 2, f"{thing} {words}{end}"] for words in GOOD)
            writer.writerows([1 + number % 3, f"{thing} {words}{end}"] for words in BAD)


def with_titles(rows: Labelled, *, every: int = 4) -> Labelled:
    """The same rows with titles that say good or bad; each ``every``-th row has none."""
    titles = ["A letdown" if bad else "Delighted" for bad in rows.bad]
    reviews = [
        review._replace(title=title if number % every else None)
        for number, (review, title) in enumerate(zip(rows.reviews, titles, strict=True))
    ]
    return rows._replace(reviews=reviews, columns=rows.columns._replace(title="head"))


def labelled(
    texts: Sequence[str],
    scores: Sequence[float] | None = None,
    product: list[str] | None = None,
    time_ms: Sequence[int] | None = None,
) -> Labelled:
    """Rows as if read from a file; stars go round from 1 to 5 where none are given."""
    return Labelled(
        name="ours",
        paths=(Path("ours.csv"),),
        digests=("0" * 64,),
        sha256="0" * 64,
        columns=Columns("text", "stars"),
        scale=FIVE_STARS,
        reviews=[Review(text) for text in texts],
        scores=np.array(scores if scores is not None else [1 + n % 5 for n in range(len(texts))], np.float64),
        product=product,
        time_ms=None if time_ms is None else np.array(time_ms, np.int64),
        official=None,
        left_out={},
    )
