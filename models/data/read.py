"""From CSV files to labelled reviews."""

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np

from models.csv_files import DataError, open_csv
from models.data.catalogue import DataFile, DataSet
from models.data.labelled import FIVE_STARS, NO_TIME, Columns, Labelled, Scale
from models.review import Review

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class MissingFile(DataError):
    """A data set whose file is not in the folder.

    Attributes:
        data: the data set.
    """

    def __init__(self, path: Path, data: DataSet) -> None:
        super().__init__(path, f"not there; data set {data.name} needs {path.name} in the folder {path.parent}")
        self.data = data


def read_data_set(data: DataSet, folder: Path) -> Labelled:
    """Read a data set of the catalogue from the folder that holds its files.

    Raises:
        MissingFile: one of them is not in the folder.
        UnknownColumn: it is another file, without a column that the catalogue names.
        DataError: it cannot be opened or is not CSV in UTF-8.
    """
    paths = [folder / file.name for file in data.files]
    for path in paths:
        if not path.exists():
            raise MissingFile(path, data)
    rows = _Rows(data.columns, data.scale)
    for path, file in zip(paths, data.files, strict=True):
        rows.add(path, file.part)
    return rows.labelled(data.name)


def read_labelled(
    path: Path, *, text: str, rating: str, title: str | None = None, product: str | None = None, time: str | None = None
) -> Labelled:
    """Read these columns of a CSV file, gzip'd or not; ratings are stars, 1 to 5. The result may hold no row.

    Raises:
        UnknownColumn: one of them is not there.
        DataError: the file cannot be opened or is not CSV in UTF-8.
    """
    rows = _Rows(Columns(text, rating, title, product, time), FIVE_STARS)
    rows.add(path)
    return rows.labelled(path.name)


def unlike_published(rows: Labelled, files: tuple[DataFile, ...]) -> list[str]:
    """Base names of the files that are another copy than the one measured on."""
    return [file.name for file, digest in zip(files, rows.digests, strict=True) if digest != file.sha256]


class _Rows:
    """What has been read so far."""

    def __init__(self, columns: Columns, scale: Scale) -> None:
        self._columns = columns
        self._scale = scale
        self._paths: list[Path] = []
        self._digests: list[str] = []
        self._together = hashlib.sha256()
        self._reviews: list[Review] = []
        self._scores: list[float] = []
        self._products: list[str] = []
        self._times: list[int] = []
        self._official: list[str] = []
        self._left_out: Counter[str] = Counter()

    def add(self, path: Path, part: str | None = None) -> None:
        columns = self._columns
        before = len(self._reviews)
        with open_csv(path) as reader:
            text_at, rating_at = reader.column(columns.text), reader.column(columns.rating)
            title_at, product_at, time_at = (
                None if name is None else reader.column(name) for name in (columns.title, columns.product, columns.time)
            )
            for row in reader.records():
                score = _number(row[rating_at])
                if not row[text_at].strip():
                    self._left_out["no text"] += 1
                elif score is None:
                    self._left_out["no number as rating" if row[rating_at].strip() else "no rating"] += 1
                elif not 1 <= score <= self._scale.highest:
                    self._left_out[f"rating not from 1 to {self._scale.highest}"] += 1
                else:
                    title = row[title_at] if title_at is not None else None
                    self._reviews.append(Review(row[text_at], title or None))
                    self._scores.append(score)
                    if product_at is not None:
                        self._products.append(row[product_at])
                    if time_at is not None:
                        self._times.append(_milliseconds(row[time_at]))
        if part is not None:
            self._official += [part] * (len(self._reviews) - before)
        content = path.read_bytes()
        self._together.update(content)
        self._digests.append(hashlib.sha256(content).hexdigest())
        self._paths.append(path)

    def labelled(self, name: str) -> Labelled:
        return Labelled(
            name=name,
            paths=tuple(self._paths),
            digests=tuple(self._digests),
            sha256=self._together.hexdigest(),
            columns=self._columns,
            scale=self._scale,
            reviews=self._reviews,
            scores=np.array(self._scores, np.float64),
            product=self._products if self._columns.product is not None else None,
            time_ms=np.array(self._times, np.int64) if self._columns.time is not None else None,
            official=np.array(self._official) if self._official else None,
            left_out=dict(self._left_out),
        )


def _number(field: str) -> float | None:
    try:
        number = float(field)
    except ValueError:
        return None
    # Python's own digit grouping, 3_0, is no number of anybody's file.
    return number if isfinite(number) and "_" not in field else None


def _milliseconds(field: str) -> int:
    """An ISO 8601 date or time, without a zone as UTC. Some rows of real files hold a shifted column here."""
    try:
        at = datetime.fromisoformat(field.strip())
    except ValueError:
        return NO_TIME
    return ((at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)
