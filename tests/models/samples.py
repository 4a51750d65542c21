"""Reviews of our own to train on."""

import csv
import itertools
from pathlib import Path

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
