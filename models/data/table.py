"""What can be counted of a CSV file without knowing what its columns mean."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from models.csv_files import DataError, open_csv


class Table(NamedTuple):
    """Counts over the rows of one or more files with the same columns."""

    rows: int
    nulls: dict[str, int]
    """Blank fields of each column, in the order of the header."""


def count(paths: Iterable[Path]) -> Table:
    """Count the rows and blank fields of these files together.

    Raises:
        DataError: one of them cannot be opened, is not CSV in UTF-8, or has other columns than the first.
    """
    rows = 0
    nulls: dict[str, int] = {}
    for path in paths:
        with open_csv(path) as reader:
            if nulls and list(nulls) != reader.header:
                raise DataError(path, f"has columns {', '.join(reader.header)}; expected {', '.join(nulls)}")
            blank = [nulls.get(name, 0) for name in reader.header]
            for row in reader.records():
                rows += 1
                for position, field in enumerate(row):
                    if not field or field.isspace():
                        blank[position] += 1
            nulls = dict(zip(reader.header, blank, strict=True))
    return Table(rows, nulls)
