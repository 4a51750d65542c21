"""Ids of entries in a Redis stream: Redis' clock in milliseconds, then the number within its millisecond."""

import re
from typing import Final

_PLACE: Final = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)

_GREATEST: Final = 2**64 - 1
"""Of either half; Redis refuses greater ones."""

Place = tuple[int, int]


def is_place(text: str) -> bool:
    """Whether ``text`` can be the id of an entry."""
    return _PLACE.fullmatch(text) is not None and max(place(text)) <= _GREATEST


def place(entry_id: str) -> Place:
    """The order of ids."""
    ms, number = entry_id.split("-")
    return int(ms), int(number)
