"""The demo's three businesses and their keys, made anew for each run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api.access import keys
from stream.tenants import Kind
from stream.tenants_write import add_key

TENANTS: Final[Mapping[str, tuple[str, Kind]]] = {
    "shop": ("Corner Shop", "ecommerce"),
    "bank": ("Harbour Bank", "bank"),
    "cinema": ("Lantern Cinemas", "cinema"),
}
"""Id to name and kind: whom the simulator makes traffic for."""

RULES: Final = """
[[tenants.alerts]]
id = "turns"
kind = "change"
scope = "products"
window = "5m"
threshold = 0.2
min_reviews = 30
severity = "warning"
note = "Something has just changed: read its latest reviews."

[[tenants.alerts]]
id = "low"
kind = "low"
scope = "products"
window = "15m"
threshold = -0.2
clear = 0.1
min_reviews = 30
severity = "critical"
note = "Most customers are unhappy: take it off the shelf, or mend it."

[[tenants.alerts]]
id = "silence"
kind = "silence"
window = "15m"
severity = "info"
note = "No reviews come in: does whoever sends them still run?"
"""
"""Alert rules of each: the simulator's stories raise the first two within minutes."""


def write_tenants(path: Path, tenants: Mapping[str, tuple[str, Kind]] = TENANTS) -> dict[str, str]:
    """Write a tenants file; returns each tenant's key. The keys may also publish and classify.

    None names a model: each has the one that ships for its kind.
    """
    tables = [
        f'[[tenants]]\nid = "{tenant}"\nname = "{name}"\nkind = "{kind}"\n{RULES}'
        for tenant, (name, kind) in tenants.items()
    ]
    path.write_text("\n".join(tables))
    shown = {}
    for tenant in tenants:
        shown[tenant], stored = keys.create("write", "demo")
        add_key(path, tenant, stored)
    return shown
