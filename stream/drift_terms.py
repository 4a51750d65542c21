"""The terms in which drift is asked for and answered: windows, their references, and levels. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from stream.measures import DAY_MS, HOUR_MS, bucket_start

Level = Literal["too_few", "stable", "moderate", "major"]
"""Of drift. ``too_few`` reviews to find even major drift, and none was found."""

DriftWindow = Literal["24h", "7d", "30d"]
Reference = Literal["7d", "30d", "60d"]

LENGTH_MS: Final[Mapping[DriftWindow | Reference, int]] = {
    "24h": DAY_MS,
    "7d": 7 * DAY_MS,
    "30d": 30 * DAY_MS,
    "60d": 60 * DAY_MS,
}
"""A window and its reference are at most the 90 days that hours are kept for."""


@dataclass(frozen=True, slots=True)
class Period:
    """A window, and the reference right before it; whole hours (ms)."""

    reference_ms: int
    """Where the reference begins."""
    from_ms: int
    """Where it ends and the window begins."""
    to_ms: int
    """Where the window ends, not included."""


def period(window: DriftWindow, reference: Reference, at_ms: int) -> Period:
    """The window that ends with the hour of ``at_ms``, and the reference before it."""
    to_ms = bucket_start(at_ms, "1h") + HOUR_MS
    from_ms = to_ms - LENGTH_MS[window]
    return Period(from_ms - LENGTH_MS[reference], from_ms, to_ms)
