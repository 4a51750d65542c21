"""Lengths of time as people write them."""

import re
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def seconds_of(text: str) -> float:
    """Seconds of a duration such as ``90s``, ``15m``, ``1h30m`` or ``2d``.

    Raises:
        ValueError: it is none, or not above zero.
    """
    parts = _PART.findall(text.strip().lower())
    if "".join(number + unit for number, unit in parts) != text.strip().lower():
        raise ValueError(f"expected a duration such as 90s, 15m, 6h or 2d, got {text!r}")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if seconds <= 0:
        raise ValueError(f"expected a duration above zero, got {text!r}")
    return float(seconds)
