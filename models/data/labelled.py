"""Reviews with ratings, and the two questions that a classifier is asked about them."""

from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.review import Review

Task = Literal["bad", "stars"]

LABELS: Final[dict[Task, tuple[str, ...]]] = {"bad": ("good", "bad"), "stars": ("1", "2", "3", "4", "5")}
"""Name of each class; its position is its number."""

NO_TIME: Final = np.iinfo(np.int64).min
"""Time of a row that has none, or none that can be understood."""


class Columns(NamedTuple):
    """Where a file keeps what; ``None``: it does not."""

    text: str
    rating: str
    title: str | None = None
    product: str | None = None
    time: str | None = None


class Scale(NamedTuple):
    """What ratings mean."""

    highest: int
    bad_below: int
    """A review is bad if its rating is below this."""

    @property
    def target(self) -> str:
        """The rule in words, for manifests and cards."""
        return f"bad = rating < {self.bad_below}" + ("" if self == FIVE_STARS else f" of {self.highest}")


FIVE_STARS: Final = Scale(highest=5, bad_below=4)
"""As the source material defines it: three stars are bad."""

TEN_POINTS: Final = Scale(highest=10, bad_below=5)
"""IMDB as its publishers labelled it: 4 and below are negative, 7 and above positive, nothing between is in the data
(Maas et al., 2011)."""


class Labelled(NamedTuple):
    """The n rows of one or more files that have both a text and a rating, in the order of the files."""

    name: str
    """Of the data set in the catalogue, else of the file."""
    paths: tuple[Path, ...]
    digests: tuple[str, ...]
    """SHA-256 of each file as it is, compressed or not."""
    sha256: str
    """Of the files' bytes one after the other; of a single file, its digest."""
    columns: Columns
    """That were read."""
    scale: Scale
    reviews: list[Review]
    """n; with their titles where the data have them."""
    scores: NDArray[np.float64]
    """[n] the ratings as given."""
    product: list[str] | None
    """n ids; ``None`` where the data have no such column."""
    time_ms: NDArray[np.int64] | None
    """[n] milliseconds since 1970-01-01 UTC or :data:`NO_TIME`; ``None`` where the data have no such column."""
    official: NDArray[np.str_] | None
    """[n] ``train`` or ``test``, where the publisher divided the rows."""
    left_out: dict[str, int]
    """Rows that were not taken, by reason."""

    @property
    def path(self) -> Path:
        """The first file."""
        return self.paths[0]

    @property
    def file(self) -> str:
        """Base names of the files."""
        return " + ".join(path.name for path in self.paths)

    @property
    def skipped(self) -> int:
        """Number of rows that were not taken."""
        return sum(self.left_out.values())

    @property
    def bad(self) -> NDArray[np.bool_]:
        """[n] whether the rating is on the bad side."""
        return self.scores < self.scale.bad_below

    @property
    def stars(self) -> NDArray[np.int8]:
        """[n] 1 to 5; 0 where the rating is no whole number of them, or the scale another."""
        whole = (self.scores == np.floor(self.scores)) & (self.scores >= 1) & (self.scores <= 5)
        return np.where(whole & (self.scale.highest == 5), self.scores, 0).astype(np.int8)

    def take(self, rows: NDArray[np.intp]) -> "Labelled":
        """These rows alone, in this order. Everything that describes the files stays as it is."""
        return self._replace(
            reviews=[self.reviews[row] for row in rows],
            scores=self.scores[rows],
            product=None if self.product is None else [self.product[row] for row in rows],
            time_ms=None if self.time_ms is None else self.time_ms[rows],
            official=None if self.official is None else self.official[rows],
        )


class TaskError(ValueError):
    """Ratings that a task cannot be made of."""


def targets(rows: Labelled, task: Task) -> NDArray[np.intp]:
    """[n] the number of each row's class, a position in :data:`LABELS`.

    Raises:
        TaskError: the task is the stars, and a rating is not 1, 2, 3, 4 or 5.
    """
    if task == "bad":
        return rows.bad.astype(np.intp)
    stars = rows.stars
    if without := int((stars == 0).sum()):
        raise TaskError(
            f"{rows.name}: telling stars needs ratings 1, 2, 3, 4 or 5; {without:,} of {len(stars):,} rows have others"
        )
    return stars.astype(np.intp) - 1
