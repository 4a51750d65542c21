"""API keys: ``aura_<key id>_<secret>``, shown once when they are made.

What is stored is the SHA-256 of the whole key, and that is enough:

- A slow hash (Argon2, bcrypt) makes each guess at a person's password dear, of which a list of some millions holds
  most. Here the secret is 256 bits of the system's random source: who has the hash must try 2^255 of them on average,
  at any price of a try (NIST SP 800-63B, 5.1.2.2, asks a slow hash of secrets under 112 bits alone). It would only add
  its tenths of a second to every request, and let strangers keep the server busy with keys they make up.
- A salt keeps equal secrets from showing, and one table from breaking many: no two of these are equal.
- An HMAC with a secret of the server's would save keys whose hashes leak, where they could be guessed; these cannot. It
  would be one more secret to keep, and to lose with every key.

What a leaked tenants file does give away is who the tenants are, so it is written for its owner alone (mode 0600).

Keys are exchanged without an interruption: any number of a tenant's are valid at once, and a running API reads a
changed tenants file by itself. ``aura keys rotate`` makes the new key and sets the old one's end.

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


def create(role: Role, note: str = "", expires: datetime | None = None) -> tuple[str, TenantKey]:
    """A new key, and what to store of it; from ``expires`` on it opens nothing."""
    key_id = secrets.token_hex(_ID_BYTES)
    key = f"aura_{key_id}_{secrets.token_hex(_SECRET_BYTES)}"
    return key, TenantKey(key_id, role, _digest(key), datetime.now(UTC).replace(microsecond=0), note, expires)


def recognise(tenants: Tenants, key: str) -> tuple[Tenant, TenantKey] | None:
    """The tenant and stored key that ``key`` belongs to, or None. Compares in constant time.

    Whether it has expired is for the caller to ask: its owner is told so, which nobody else is.
    """
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
