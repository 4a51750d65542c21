"""The keys that Grafana reads with, one a tenant, in a file of its own (``grafana.toml``)::

[shop]
key = "aura_3f9c0a1b2c4d_..."            # aura keys create --tenant shop --role read --note Grafana
contact = "mailto:care@shop.example"     # whom its alerts go to; or the URL of a webhook. Optional
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from api.access.keys import recognise
from infra.errors import CommandError
from infra.grafana.wanted import Customer
from stream.tenants import Tenants

_FIELDS: Final = {"key", "contact"}


class CustomersError(CommandError):
    """A file of keys that cannot be used; no message of it holds a key."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Whose dashboards can be made, and whose cannot."""

    known: list[Customer]
    without_key: list[str]
    """Ids of tenants for which the file has none."""


def read_customers(path: Path, tenants: Tenants, only: Sequence[str], now: datetime) -> Customers:
    """The tenants that the file has keys for.

    Args:
        path: the file.
        tenants: those there are.
        only: ids of those meant; none: all.
        now: when the keys must be valid.

    Raises:
        CustomersError: the file cannot be read, or one of its keys does not fit.
    """
    tables = _tables(path)
    if unknown := [name for name in [*only, *tables] if name not in tenants]:
        raise CustomersError(f"{path}: there is no tenant {unknown[0]!r} in the tenants file")
    meant = list(only) or list(tenants)
    if only and (missing := [name for name in only if name not in tables]):
        raise CustomersError(
            f"{path}: no key for {missing[0]}; make one with `aura keys create --tenant {missing[0]} --role read "
            f"--note Grafana`, and write it there under [{missing[0]}] as key"
        )
    known = [_customer(path, tenants, name, tables[name], now) for name in meant if name in tables]
    return Customers(known, [name for name in meant if name not in tables])


def _tables(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}  # operations have dashboards before any tenant has a key for Grafana
    except OSError as error:
        raise CustomersError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CustomersError(f"{path}: expected TOML in UTF-8, but {error}") from None
    for name, table in found.items():
        if not isinstance(table, dict) or not set(table) <= _FIELDS or not isinstance(table.get("key"), str):
            raise CustomersError(f"{path}: expected a table [{name}] with key, and contact if there is one, both texts")
        if not isinstance(table.get("contact", ""), str):
            raise CustomersError(f"{path}: [{name}]: expected a text as contact")
    return found


def _customer(path: Path, tenants: Tenants, name: str, table: dict[str, Any], now: datetime) -> Customer:
    found = recognise(tenants, table["key"])
    if found is None or found[0].id != name:
        raise CustomersError(f"{path}: the key of {name} is none of that tenant's; aura keys list shows those it has")
    stored = found[1]
    if stored.expired(now):
        raise CustomersError(f"{path}: the key of {name} has expired; aura keys rotate {stored.id} makes a new one")
    if stored.role != "read":
        raise CustomersError(
            f"{path}: the key of {name} opens more than reading ({stored.role}), and whoever edits dashboards could "
            "use it: give Grafana one of the role read"
        )
    return Customer(found[0], stored.id, table["key"], table.get("contact"))
