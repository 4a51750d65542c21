"""Points in time as options give them."""

from datetime import datetime

import typer


def instant(option: str, text: str) -> int:
    """Milliseconds since 1970-01-01 UTC of an RFC 3339 time.

    Raises:
        BadParameter: it is none, or names no zone.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(
            f"expected a time with a zone such as 2025-06-17T12:00:00Z, got {text!r}", param_hint=option
        )
    return int(at.timestamp() * 1000)
