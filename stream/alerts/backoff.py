"""When to try a delivery again. Pure."""

from typing import Final

ATTEMPTS: Final = 15
"""Attempts before a delivery is given up: some three hours in all. An alert that comes later helps nobody; it is kept
for whoever wants to send it all the same."""

FIRST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 1_800.0

LONGEST_WISH_SECONDS: Final = 3_600.0
"""What a receiver may ask for at most; one that names a year would never hear from us again."""


def pause(attempts: int, chance: float, retry_after: float | None) -> float:
    """Seconds until the next attempt.

    The pause doubles with each attempt, and half of it is left to chance: receivers that come back after an outage are
    not called by everybody at the same moment (M. Brooker, "Exponential backoff and jitter", 2015, "equal jitter").

    Args:
        attempts: made so far, 1 or more.
        chance: evenly from 0 to 1.
        retry_after: seconds that the receiver asked for; the pause is at least that.
    """
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempts - 1, 30))
    wished = min(LONGEST_WISH_SECONDS, retry_after or 0.0)
    return max(wished, longest / 2 + chance * longest / 2)
