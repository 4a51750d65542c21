"""Loose values (a CSV row's cells, a JSON object's members) to an event.

What files do and the contract does not allow is put right here where the meaning is plain: times without a zone,
seconds for milliseconds, ratings as text, blanks in product ids, labels that are too long. The rest is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from stream.event import (
    MAX_CATEGORIES,
    MAX_LABEL_CHARS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    MIN_OCCURRED_MS,
    InvalidEvent,
    ReviewEvent,
    from_fields,
)

FIELDS: Final = tuple(name for name in ReviewEvent.__struct_fields__ if name != "tenant")
"""What a file may give; the tenant is the publisher's to say."""

_NOT_IN_IDS: Final = re.compile(r"[\x00-\x20\x7f/]+")
_NUMBER: Final = re.compile(r"-?\d+(\.0*)?")
_LONGEST: Final = {"title": MAX_TITLE_CHARS, "product_name": MAX_LABEL_CHARS, "brand": MAX_LABEL_CHARS}


@dataclass(frozen=True, slots=True)
class Fields:
    """How the loose values of one file become events.

    Args:
        tenant: whose reviews they are.
        constants: field to the value it has where the file gives none.
        timezone: zone of times that name none.
        time_format: a ``strptime`` format; None reads ISO 8601 and numbers of seconds or milliseconds since 1970.
    """

    tenant: str
    constants: Mapping[str, str] = field(default_factory=dict)
    timezone: tzinfo = UTC
    time_format: str | None = None

    def event(self, values: Mapping[str, Any], row: int, content: bytes) -> ReviewEvent:
        """Build the event of one row.

        Args:
            values: field to value; None, missing and blank are the same.
            row: number of the row in its file.
            content: the whole row. With ``row`` it makes the ``event_id`` of rows without one: the same file gives the
                same ids each time, and two rows that are equal in everything still get two.

        Raises:
            InvalidEvent: naming the field.
        """
        fields: dict[str, object] = dict(self.constants)
        for name, value in values.items():
            if isinstance(value, str):
                if not value or value.isspace():
                    continue
                if "\x00" in value:
                    raise InvalidEvent(name, "holds a NUL byte")
                if len(value) > _LONGEST.get(name, MAX_TEXT_CHARS):
                    value = value[: _LONGEST.get(name)]
            if value is not None:
                fields[name] = value
        fields["tenant"] = self.tenant
        if "occurred_at" in fields:
            fields["occurred_at"] = self.time(fields["occurred_at"])
        if isinstance(rating := fields.get("rating"), str):
            fields["rating"] = _rating(rating)
        if isinstance(categories := fields.get("categories"), str):
            fields["categories"] = _categories(categories)
        _use_as_id(fields)
        fields.setdefault("event_id", f"{blake2b(content, digest_size=12).hexdigest()}-{row}")
        return from_fields(fields)

    def time(self, value: object) -> object:
        """``occurred_at`` in milliseconds; values that are neither text nor number are left to the contract.

        Raises:
            InvalidEvent: text that is no time.
        """
        if isinstance(value, str):
            text = value.strip()
            if self.time_format is not None:
                return self._milliseconds(_strptime(text, self.time_format))
            if not _NUMBER.fullmatch(text):
                return self._milliseconds(_iso(text))
            value = int(float(text))
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MIN_OCCURRED_MS:
            return int(value * 1000)  # seconds: as milliseconds it would be 1973 or before
        return value

    def _milliseconds(self, at: datetime) -> int:
        aware = at if at.tzinfo is not None else at.replace(tzinfo=self.timezone)
        try:
            return int(aware.timestamp() * 1000 + 0.5)
        except (OverflowError, ValueError):
            raise InvalidEvent("occurred_at", "out of range") from None


def _iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidEvent("occurred_at", "expected an ISO 8601 time or a number since 1970") from None


def _strptime(text: str, time_format: str) -> datetime:
    try:
        return datetime.strptime(text, time_format)
    except ValueError:
        raise InvalidEvent("occurred_at", f"expected a time of the form {time_format}") from None


def _rating(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not number.is_integer():
        number = -1.0
    if not 1 <= number <= 5:
        raise InvalidEvent("rating", "expected a whole number from 1 to 5")
    return int(number)


@lru_cache(maxsize=1024)  # a file repeats each product's categories row after row
def _categories(text: str) -> tuple[str, ...]:
    """The parts between commas: each once, the first of them, none too long."""
    parts = (part.strip()[:MAX_LABEL_CHARS] for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))[:MAX_CATEGORIES]


def _use_as_id(fields: dict[str, object]) -> None:
    """Many files have nothing but a name to tell products by: it stays the name, and its blanks become dashes."""
    given = fields.get("product_id")
    if isinstance(given, int) and not isinstance(given, bool):
        fields["product_id"] = str(given)
    elif isinstance(given, str):
        name = given.strip()
        usable = _NOT_IN_IDS.sub("-", name)
        fields["product_id"] = usable
        if usable != name:
            fields.setdefault("product_name", name[:MAX_LABEL_CHARS])
