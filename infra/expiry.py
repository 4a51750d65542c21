"""When a key expires, as options give it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import typer

from infra.durations import seconds_of

_EXPECTED: Final = "a duration such as 90d, a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z"


def expiry(option: str, text: str, now: datetime) -> datetime:
    """The time meant by ``text``: as long after ``now``, or that day's beginning in UTC, or that time.

    Raises:
        BadParameter: it is none of these, or not after ``now``.
    """
    try:
        at = _parsed(text, now)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"expected {_EXPECTED}, got {text!r}", param_hint=option)
    if at <= now:
        raise typer.BadParameter(f"expected a time to come, got {at.isoformat()}", param_hint=option)
    return at


def _parsed(text: str, now: datetime) -> datetime:
    """Raises ValueError or OverflowError for what it is not."""
    try:
        seconds = seconds_of(text)
    except ValueError:
        pass
    else:
        return (now + timedelta(seconds=seconds)).replace(microsecond=0)
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return datetime.fromisoformat(text)
