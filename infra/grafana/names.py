"""What is Aura's in a Grafana: uids that begin with ``aura-``, one for each thing, for ever the same."""

import hashlib
from typing import Final

PREFIX: Final = "aura-"

MAX_CHARS: Final = 40
"""Of a uid in Grafana; a tenant's id may have 63, and is then told by a hash."""


def uid(what: str, tenant: str | None = None) -> str:
    """The uid of ``what`` (a word without dashes): of a tenant, or of those who run Aura."""
    if tenant is None:
        return PREFIX + what
    whole = f"{PREFIX}{what}-{tenant}"
    if len(whole) <= MAX_CHARS:
        return whole
    # An underscore before it: no tenant's id begins with one, so that none is taken for another's hash.
    return f"{PREFIX}{what}-_{hashlib.sha256(tenant.encode()).hexdigest()[:16]}"


def is_ours(found: str | None) -> bool:
    """Whether a uid is one of Aura's."""
    return bool(found) and str(found).startswith(PREFIX)
