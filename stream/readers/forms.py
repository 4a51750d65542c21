"""How a file is written, by what stands in it: its encoding, and the form of its times. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import product
from typing import Final

WINDOWS: Final = "cp1252"
"""What spreadsheets in western Europe save as CSV; of Latin-1 it has all that is printed."""

_TIMES: Final = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p")
_DAY_FIRST: Final = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y")
_MONTH_FIRST: Final = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y")
_NAMED: Final = ("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%b %d, %Y")
_YEAR_FIRST: Final = ("%Y/%m/%d", "%Y.%m.%d")
_FORMS: Final = tuple(
    date + time for date, time in product((*_YEAR_FIRST, *_DAY_FIRST, *_MONTH_FIRST, *_NAMED), _TIMES)
)


def encoding_of(lines: Iterable[bytes]) -> str:
    """``utf-8``, or :data:`WINDOWS` where more lines speak against UTF-8 than for it. Lines of ASCII say nothing."""
    balance = 0
    for line in lines:
        if not line.isascii():
            try:
                line.decode()
                balance += 1
            except UnicodeDecodeError:
                balance -= 1
    return "utf-8" if balance >= 0 else WINDOWS


def time_forms_of(values: Sequence[str]) -> list[str]:
    """The ``strptime`` forms, such as ``%d.%m.%Y %H:%M``, that read most of ``values``, and at least half of them.

    More than one says that nothing tells day from month in them; none, that no usual form does. Names of months are
    English.
    """
    read: dict[str, list[datetime | None]] = {form: [_read(value.strip(), form) for value in values] for form in _FORMS}
    counts = {form: sum(at is not None for at in found) for form, found in read.items()}
    most = max(counts.values())
    if not most or 2 * most < len(values):
        return []
    best: dict[str, list[datetime | None]] = {}
    for form, count in counts.items():
        if count == most and read[form] not in best.values():
            best[form] = read[form]
    return list(best)


def _read(value: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(value, form)
    except ValueError:
        return None
