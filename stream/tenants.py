"""The tenants file: who Aura works for, which model scores each, how long texts stay, and which keys open what.

TOML, checked as a whole::

    [[tenants]]
    id = "shop"
    name = "Corner Shop"
    kind = "ecommerce"          # ecommerce, bank, cinema, clinic or other
    model = "products"          # a shipped artefact's name, or a path such as ./models/mine; aura models promote adds
                                # @ and the digest of its manifest, and no other state of it is loaded then. Without it,
                                # the one that ships for the tenant's kind
    previous_model = "..."      # what aura models rollback goes back to
    shadow_model = "..."        # scores the same reviews for comparison, and counts nothing
    recent_reviews = 50         # review texts kept a product, 0 keeps none
    recent_days = 7             # and for how long
    duplicate_seconds = 3600    # an event_id published again within this counts once, 0 counts each
    requests_per_second = 500   # how often each key may ask an API process in the long run, 0 without limit
    request_burst = 1000        # and how often at once
    live_streams = 1000         # live streams that may be open at a time, of all its keys, in an API process

    [[tenants.keys]]            # written by ``aura keys create``
    id = "3f9c0a1b2c4d"
    role = "read"               # read, write or admin
    hash = "..."                # of the key; the key itself is stored nowhere
    created = 2024-05-20T12:00:00Z
    expires = 2025-05-20T12:00:00Z   # opens nothing from then on; without it, it never expires
    note = "Grafana"

Alert rules and webhooks, ``[[tenants.alerts]]`` and ``[[tenants.webhooks]]``, are described in
:mod:`stream.tenant_rules`. Keys and tenants are added, and models changed, by :mod:`stream.tenants_write`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from stream import tenant_rules
from stream.event import TENANT_PATTERN
from stream.tables import Fault, build, tables
from stream.tenant_rules import AlertRule, Webhook

Kind = Literal["ecommerce", "bank", "cinema", "clinic", "other"]
Role = Literal["read", "write", "admin"]

ModelReference = Annotated[str, Meta(min_length=1, max_length=1_000)]
"""A :class:`models.reference.Reference`, as text."""

DEFAULT_MODELS: Final[Mapping[str, str]] = MappingProxyType(
    {"ecommerce": "products", "bank": "banks", "cinema": "films", "clinic": "products", "other": "products"}
)
"""Artefact of a tenant that names none, by its kind: the one that ships with Aura for such reviews."""

MAX_RECENT_REVIEWS: Final = 1_000
"""Texts kept a product: 1,000 texts of 200 bytes are 200 KB, so 10,000 products stay near 2 GB of Redis."""

MAX_DUPLICATE_SECONDS: Final = 7 * 86_400
"""A week. At 1,000,000 reviews an hour it keeps some 250 million ids, more than 2 GB of Redis."""

MAX_REQUEST_RATE: Final = 1_000_000
"""No process answers as many a second; a larger number is a slip."""

MAX_LIVE_STREAMS: Final = 65_536
"""As many connections as one address of a proxy can have to a server."""

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
"""Some 50,000 keys. Beyond it the path surely names something else, and reading it would stall the caller."""


class TenantKey(Struct, frozen=True):
    """An API key as it is stored: never the key, only what recognises it."""

    id: Annotated[str, Meta(pattern=r"\A[a-z0-9]{1,32}\Z")]
    role: Role
    hash: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    created: Annotated[datetime, Meta(tz=True)]
    note: Annotated[str, Meta(max_length=200)] = ""
    expires: Annotated[datetime, Meta(tz=True)] | None = None
    """From then on it opens nothing."""

    def expired(self, at: datetime) -> bool:
        """Whether it opens nothing any more at the time ``at``."""
        return self.expires is not None and self.expires <= at


class Tenant(Struct, frozen=True):
    """One business."""

    id: Annotated[str, Meta(pattern=TENANT_PATTERN)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: Kind = "other"
    model: ModelReference = ""
    """Where none is named, that of :data:`DEFAULT_MODELS`."""
    recent_reviews: Annotated[int, Meta(ge=0, le=MAX_RECENT_REVIEWS)] = 50
    recent_days: Annotated[int, Meta(ge=1, le=365)] = 7
    duplicate_seconds: Annotated[int, Meta(ge=0, le=MAX_DUPLICATE_SECONDS)] = 3_600
    """Longer than producers retry; at 1,000,000 reviews an hour it costs 14 MB of Redis (``aura bench duplicates``)."""
    keys: tuple[TenantKey, ...] = ()
    previous_model: ModelReference | None = None
    """What ``model`` was before it was promoted."""
    shadow_model: ModelReference | None = None
    """Scores the same reviews beside ``model``, for comparison alone."""
    requests_per_second: Annotated[int, Meta(ge=0, le=MAX_REQUEST_RATE)] = 500
    """Of each key, in one API process; 0 is no limit. What a process answers within 15 ms on a core, so that one client
    which asks in a loop slows the others down, but does not stop them."""
    request_burst: Annotated[int, Meta(ge=1, le=MAX_REQUEST_RATE)] = 1_000
    """500 viewers of the live page who share a key come back at once after a restart, with two requests each."""
    live_streams: Annotated[int, Meta(ge=0, le=MAX_LIVE_STREAMS)] = 1_000
    """A stream holds a connection and a queue for as long as it likes, which no rate bounds: without a limit one client
    in a loop takes all file descriptors. Twice the 500 that two cores are measured to serve."""
    alerts: tuple[AlertRule, ...] = ()
    webhooks: tuple[Webhook, ...] = ()

    def __post_init__(self) -> None:
        if not self.model:
            msgspec.structs.force_setattr(self, "model", DEFAULT_MODELS[self.kind])


_EXPECTED: Final[dict[tuple[type[Struct], str], str]] = {
    (
        Tenant,
        "id",
    ): "1 to 63 lower-case letters, digits, dashes and underscores, not beginning with a dash or underscore",
    (Tenant, "name"): "1 to 200 characters",
    (Tenant, "kind"): "ecommerce, bank, cinema, clinic or other",
    (Tenant, "model"): "the name of an artefact, or a path to one",
    (Tenant, "previous_model"): "the name of an artefact, or a path to one",
    (Tenant, "shadow_model"): "the name of an artefact, or a path to one",
    (Tenant, "recent_reviews"): f"a whole number from 0 to {MAX_RECENT_REVIEWS}",
    (Tenant, "recent_days"): "a whole number from 1 to 365",
    (Tenant, "duplicate_seconds"): f"a whole number from 0 to {MAX_DUPLICATE_SECONDS}",
    (Tenant, "requests_per_second"): f"a whole number from 0 to {MAX_REQUEST_RATE}",
    (Tenant, "request_burst"): f"a whole number from 1 to {MAX_REQUEST_RATE}",
    (Tenant, "live_streams"): f"a whole number from 0 to {MAX_LIVE_STREAMS}",
    (TenantKey, "id"): "1 to 32 lower-case letters and digits",
    (TenantKey, "role"): "read, write or admin",
    (TenantKey, "hash"): "64 hexadecimal digits",
    (TenantKey, "created"): "a date and time with a zone, such as 2024-05-20T12:00:00Z",
    (TenantKey, "note"): "at most 200 characters",
    (TenantKey, "expires"): "a date and time with a zone, such as 2025-05-20T12:00:00Z",
    **tenant_rules.EXPECTED,
}

_TABLES: Final = ("keys", "alerts", "webhooks")
"""Fields of a tenant that are lists of tables."""


class TenantsFileError(ValueError):
    """A tenants file that cannot be used.

    Attributes:
        path: the file.
        faults: everything that is wrong with it.
    """

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{path}: {fault}" for fault in faults))
        self.path = path
        self.faults = faults


class Tenants(Mapping[str, Tenant]):
    """The tenants of one file by id, and every key by its id."""

    def __init__(self, tenants: list[Tenant]) -> None:
        self._by_id = {tenant.id: tenant for tenant in tenants}
        self._keys = {key.id: (tenant, key) for tenant in tenants for key in tenant.keys}

    def __getitem__(self, tenant_id: str) -> Tenant:
        return self._by_id[tenant_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def key(self, key_id: str) -> tuple[Tenant, TenantKey] | None:
        """The key of that id, and the tenant it opens."""
        return self._keys.get(key_id)


def load(path: Path) -> Tenants:
    """Read and check a tenants file.

    Raises:
        TenantsFileError: naming the place of each fault.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise TenantsFileError(path, [Fault("", f"cannot be read: {error.strerror}")]) from None
    return parse(path, content)


def parse(path: Path, content: bytes) -> Tenants:
    """Check the content of a tenants file; ``path`` is only named in errors.

    Raises:
        TenantsFileError: naming the place of each fault.
    """
    if len(content) > MAX_FILE_BYTES:
        raise TenantsFileError(path, [Fault("", f"over {MAX_FILE_BYTES} bytes: not a tenants file")])
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise TenantsFileError(path, [Fault("", f"not UTF-8: {error.reason} at byte {error.start}")]) from None
    except tomllib.TOMLDecodeError as error:
        raise TenantsFileError(path, [Fault("", f"not TOML: {error}")]) from None
    return _check(path, document)


def _check(path: Path, document: dict[str, Any]) -> Tenants:
    faults = [Fault(name, "no such field; expected tenants") for name in document if name != "tenants"]
    tenants = []
    for place, table in tables(document.get("tenants", []), "tenants", faults):
        keys = [
            build(TenantKey, key, at, faults, expected=_EXPECTED)
            for at, key in tables(table.pop("keys", []), f"{place}.keys", faults)
        ]
        rules = _build_rules(table.pop("alerts", []), f"{place}.alerts", faults)
        webhooks = _build_webhooks(table.pop("webhooks", []), f"{place}.webhooks", faults)
        alerts, addresses = [one for one in rules if one], [one for one in webhooks if one]
        if len(alerts) == len(rules) and len(addresses) == len(webhooks):  # else a name may only be misspelt
            joint = tenant_rules.joint_faults(alerts, addresses)
            faults.extend(Fault(f"{place}.{field}", sentence) for field, sentence in joint)
        tenant = build(Tenant, table, place, faults, expected=_EXPECTED, apart=_TABLES)
        if tenant is not None:
            found = tuple(key for key in keys if key is not None)
            whole = msgspec.structs.replace(tenant, keys=found, alerts=tuple(alerts), webhooks=tuple(addresses))
            tenants.append(whole)
    _find_repeated(tenants, faults)
    if faults:
        raise TenantsFileError(path, faults)
    return Tenants(tenants)


def _build_rules(value: object, place: str, faults: list[Fault]) -> list[AlertRule | None]:
    rules = []
    for at, table in tables(value, place, faults):
        rule = build(AlertRule, table, at, faults, expected=_EXPECTED)
        if rule is not None:
            faults.extend(Fault(f"{at}.{field}", sentence) for field, sentence in tenant_rules.rule_faults(rule, table))
        rules.append(rule)
    return rules


def _build_webhooks(value: object, place: str, faults: list[Fault]) -> list[Webhook | None]:
    webhooks = []
    for at, table in tables(value, place, faults):
        webhook = build(Webhook, table, at, faults, expected=_EXPECTED)
        if webhook is not None:
            faults.extend(Fault(f"{at}.{field}", sentence) for field, sentence in tenant_rules.webhook_faults(webhook))
        webhooks.append(webhook)
    return webhooks


def _find_repeated(tenants: list[Tenant], faults: list[Fault]) -> None:
    seen_tenants: set[str] = set()
    seen_keys: dict[str, str] = {}
    for tenant in tenants:
        if tenant.id in seen_tenants:
            faults.append(Fault("tenants", f"two tenants have the id {tenant.id!r}; each needs its own"))
        seen_tenants.add(tenant.id)
        for key in tenant.keys:
            if key.id in seen_keys:
                owners = f"{seen_keys[key.id]!r} and {tenant.id!r}"
                faults.append(Fault("tenants", f"two keys ({owners}) have the id {key.id!r}; each needs its own"))
            seen_keys[key.id] = tenant.id
