"""Changes to the tenants file: they keep its comments and order, and replace it in one step.

Each waits for other writers, and raises before anything is written:

- :class:`TenantsFileError`: the file is invalid as it stands, or would be (an id used twice)
- :class:`UnknownTenant`, :class:`UnknownKey`: it has no such tenant, or key
- ``OSError``: it cannot be written
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import tomlkit

from stream import tenants_layout as layout
from stream.replacing import locked, replace
from stream.tenants import Tenant, TenantKey, Tenants, load, parse


class UnknownTenant(KeyError):
    """No tenant of that id in the tenants file.

    Attributes:
        tenant: the id asked for.
        known: the ids there are.
    """

    def __init__(self, tenant: str, known: list[str]) -> None:
        super().__init__(tenant)
        self.tenant = tenant
        self.known = known

    def __str__(self) -> str:
        return f"no tenant {self.tenant!r} in the tenants file; it has {', '.join(self.known) or 'none'}"


class UnknownKey(KeyError):
    """No key of that id in the tenants file.

    Attributes:
        key_id: the id asked for.
    """

    def __init__(self, key_id: str) -> None:
        super().__init__(key_id)
        self.key_id = key_id

    def __str__(self) -> str:
        return f"no key {self.key_id!r} in the tenants file; aura keys list shows the ids of all"


def add_key(path: Path, tenant_id: str, key: TenantKey) -> None:
    """Add a key to a tenant."""
    with _changed(path) as (tenants, document):
        if tenant_id not in tenants:
            raise UnknownTenant(tenant_id, list(tenants))
        layout.add_key(document["tenants"][list(tenants).index(tenant_id)], _given(key))


def remove_keys(path: Path, key_ids: Sequence[str]) -> list[tuple[Tenant, TenantKey]]:
    """Take keys out, all of them or none; returns them with the tenants that they opened."""
    removed = []
    with _changed(path) as (tenants, document):
        ids = {tenant.id: [key.id for key in tenant.keys] for tenant in tenants.values()}
        for key_id in dict.fromkeys(key_ids):
            found = tenants.key(key_id)
            if found is None:
                raise UnknownKey(key_id)
            left = ids[found[0].id]
            layout.remove_key(document["tenants"][list(tenants).index(found[0].id)], left.index(key_id))
            left.remove(key_id)
            removed.append(found)
    return removed


def rotate_key(
    path: Path, key_id: str, new: Callable[[TenantKey], TenantKey], until: datetime
) -> tuple[Tenant, TenantKey]:
    """Put ``new`` of the key beside it, and let the old one expire at ``until``, unless it does so earlier anyway.

    Returns:
        The tenant as it was, and the new key.
    """
    with _changed(path) as (tenants, document):
        found = tenants.key(key_id)
        if found is None:
            raise UnknownKey(key_id)
        tenant, old = found
        table = document["tenants"][list(tenants).index(tenant.id)]
        if old.expires is None or until < old.expires:
            table["keys"][[key.id for key in tenant.keys].index(key_id)]["expires"] = until
        added = new(old)
        layout.add_key(table, _given(added))
    return tenant, added


def add_tenant(path: Path, fields: Mapping[str, Any]) -> Tenant:
    """Add a tenant of these fields, named as in the file, which is made if there is none."""
    path = path.resolve()
    with locked(path):
        before = path.read_text("utf-8") if path.exists() else ""
        parse(path, before.encode())  # a fault of before is named as where it stands, without the new tenant
        text = layout.add_tenant(before, fields)
        added = list(parse(path, text.encode()).values())[-1]
        replace(path, text)
    return added


class Models(NamedTuple):
    """What a tenant's entry says of its models; fields are named as there."""

    model: str
    previous_model: str | None = None
    shadow_model: str | None = None


def set_models(path: Path, tenant_ids: Sequence[str], change: Callable[[Tenant], Models]) -> dict[str, Models]:
    """Change the models of tenants in one step.

    Args:
        path: the tenants file.
        tenant_ids: whose.
        change: from a tenant, as it stands in the file, to what is to stand there. What it raises leaves the file as
            it is.

    Returns:
        What stands there now, by tenant.
    """
    changed = {}
    with _changed(path) as (tenants, document):
        places = list(tenants)
        for tenant_id in tenant_ids:
            if tenant_id not in tenants:
                raise UnknownTenant(tenant_id, places)
            changed[tenant_id] = change(tenants[tenant_id])
            layout.set_fields(document["tenants"][places.index(tenant_id)], changed[tenant_id]._asdict())
    return changed


def _given(key: TenantKey) -> dict[str, Any]:
    fields = msgspec.structs.asdict(key).items()
    return {name: value for name, value in fields if value is not None and value != ""}


@contextmanager
def _changed(path: Path) -> Iterator[tuple[Tenants, Any]]:
    """The tenants as they are, and the document to change; it is checked and put in place at the end."""
    path = path.resolve()  # a link stays a link: what it points to is replaced
    with locked(path):
        tenants = load(path)
        document = tomlkit.parse(path.read_text("utf-8"))
        yield tenants, document
        text = tomlkit.dumps(document)
        parse(path, text.encode())
        replace(path, text)
