"""Signing what webhooks are sent, so that a receiver knows who sent it, and when.

``X-Aura-Signature: t=1716212345,v1=5257a869...``: ``t`` is when it was sent (seconds since 1970), ``v1`` the
HMAC-SHA256 (RFC 2104), in hex, of ``t``, a full stop and the body, keyed with the webhook's secret. While one secret
takes over from another there is a ``v1`` of each. The time is signed too, so that nobody can send an old delivery again
later.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

HEADER: Final = "X-Aura-Signature"

TOLERANCE_SECONDS: Final = 300
"""How old a signature may be: clocks differ, and a receiver may be slow."""


def sign(secrets: Sequence[bytes], seconds: int, body: bytes) -> str:
    """The header's value."""
    return ",".join([f"t={seconds}", *(f"v1={_digest(secret, str(seconds), body)}" for secret in secrets)])


def verify(secret: bytes, header: str, body: bytes, now: float, tolerance: float = TOLERANCE_SECONDS) -> bool:
    """Whether a body was signed with this secret, at most ``tolerance`` seconds before or after ``now``."""
    parts = [part.partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in parts if name == "t"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        return False
    wanted = _digest(secret, times[0], body).encode()
    signed = [hmac.compare_digest(wanted, value.encode()) for name, value in parts if name == "v1"]
    return any(signed) and abs(now - int(times[0])) <= tolerance


def _digest(secret: bytes, seconds: str, body: bytes) -> str:
    return hmac.new(secret, seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
