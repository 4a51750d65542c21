"""The tenants in force follow their file, but never into an invalid state."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from api.access.keys import create, recognise
from api.access.registry import TenantRegistry
from stream.tenants import TenantsFileError
from stream.tenants_write import add_key

SHOP = '[[tenants]]\nid = "shop"\nname = "Corner Shop"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tenants.toml"
    path.write_text(SHOP)
    return path


def test_an_invalid_file_stops_the_start(path: Path) -> None:
    path.write_text("x")
    with pytest.raises(TenantsFileError):
        TenantRegistry(path)


def test_a_new_key_works_at_once(path: Path) -> None:
    registry = TenantRegistry(path)
    key, stored = create("read")
    assert recognise(registry.current(), key) is None
    add_key(path, "shop", stored)
    assert recognise(registry.current(), key) is not None


def test_a_key_taken_out_works_no_more(path: Path) -> None:
    key, stored = create("read")
    add_key(path, "shop", stored)
    registry = TenantRegistry(path)
    assert recognise(registry.current(), key) is not None
    path.write_text(SHOP)
    assert recognise(registry.current(), key) is None


def test_an_invalid_new_file_is_logged_once_and_the_last_valid_one_stays(path: Path) -> None:
    registry = TenantRegistry(path)
    path.write_text("tenants = 3")
    with capture_logs() as logs:
        assert list(registry.current()) == ["shop"]
        assert list(registry.current()) == ["shop"]
    assert [entry["log_level"] for entry in logs] == ["error"]
    assert registry.fault == f"{path}: tenants: expected a list of tables, each under its own [[...]]"
    path.write_text(SHOP.replace("shop", "market"))
    assert list(registry.current()) == ["market"]
    assert registry.fault is None


def test_a_file_that_disappears_is_a_fault_until_it_is_back(path: Path) -> None:
    registry = TenantRegistry(path)
    path.unlink()
    assert list(registry.current()) == ["shop"]
    assert registry.fault is not None
    path.write_text(SHOP)
    registry.current()
    assert registry.fault is None


def test_the_log_tells_what_a_new_version_changed_and_no_hash(path: Path) -> None:
    registry = TenantRegistry(path)
    _, stored = create("read")
    with capture_logs() as logs:
        add_key(path, "shop", stored)
        registry.current()
        path.write_text(SHOP.replace("Corner", "Other") + '[[tenants]]\nid = "bank"\nname = "Bank"\n')
        registry.current()
        path.write_text('[[tenants]]\nid = "bank"\nname = "Bank"\n')
        registry.current()
    named = f"shop/{stored.id}/read"
    assert [{name: ids for name, ids in entry.items() if name.startswith(("tenants_", "keys_"))} for entry in logs] == [
        {"keys_added": [named]},
        {"tenants_added": ["bank"], "tenants_changed": ["shop"], "keys_removed": [named]},
        {"tenants_removed": ["shop"]},
    ]
    assert stored.hash not in str(logs)
