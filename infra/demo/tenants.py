"""The demo's three businesses and their keys, made anew for each run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api import keys
from stream.tenants import Kind
from stream.tenants_write import add_key

TENANTS: Final[Mapping[str, tuple[str, Kind]]] = {
    "shop": ("Corner Shop", "ecommerce"),
    "bank": ("Harbour Bank", "bank"),
    "cinema": ("Lantern Cinemas", "cinema"),
}
"""Id to name and kind: whom the simulator makes traffic for."""


def write_tenants(path: Path, tenants: Mapping[str, tuple[str, Kind]] = TENANTS) -> dict[str, str]:
    """Write a tenants file; returns each tenant's key. The keys may also publish and classify.

    None names a model: each has the one that ships for its kind.
    """
    tables = [
        f'[[tenants]]\nid = "{tenant}"\nname = "{name}"\nkind = "{kind}"\n' for tenant, (name, kind) in tenants.items()
    ]
    path.write_text("\n".join(tables))
    shown = {}
    for tenant in tenants:
        shown[tenant], stored = keys.create("write", "demo")
        add_key(path, tenant, stored)
    return shown
