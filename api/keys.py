"""API keys: ``aura_<key id>_<secret>``, shown once when they are made.

What is stored is the SHA-256 of the whole key. A slow hash (Argon2, bcrypt) exists to make guessing a person's
password dear; here the secret is 256 random bits, which nobody guesses at any price, and a slow hash would only add
its cost to every request.

A role opens what the roles below it open:

- ``read``: the tenant's numbers, recent reviews and live stream
- ``write``: also publish and classify reviews
- ``admin``: also what changes the tenant itself
"""

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from typing import Final

from stream.tenants import Role, Tenant, TenantKey, Tenants

_ID_BYTES: Final = 6
_SECRET_BYTES: Final = 32
_KEY = re.compile(r"aura_([a-z0-9]{1,32})_[0-9a-f]{64}", re.ASCII)
_RANK: Final[dict[Role, int]] = {"read": 0, "write": 1, "admin": 2}
_NO_HASH: Final = "0" * 64


def create(role: Role, note: str = "") -> tuple[str, TenantKey]:
    """A new key, and what to store of it."""
    key_id = secrets.token_hex(_ID_BYTES)
    key = f"aura_{key_id}_{secrets.token_hex(_SECRET_BYTES)}"
    return key, TenantKey(key_id, role, _digest(key), datetime.now(UTC).replace(microsecond=0), note)


def recognise(tenants: Tenants, key: str) -> tuple[Tenant, TenantKey] | None:
    """The tenant and stored key that ``key`` belongs to, or None. Compares in constant time."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    found = tenants.key(match[1])
    stored = found[1].hash if found else _NO_HASH
    return found if hmac.compare_digest(stored, _digest(key)) else None


def allows(role: Role, needed: Role) -> bool:
    """Whether a key of ``role`` may do what needs ``needed``."""
    return _RANK[role] >= _RANK[needed]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
