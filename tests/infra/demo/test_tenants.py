"""The demo's tenants file: three businesses, a working key each."""

from pathlib import Path

from api.access import keys
from infra.demo.tenants import TENANTS, write_tenants
from stream.tenants import load


def test_each_key_opens_its_own_tenant(tmp_path: Path) -> None:
    path = tmp_path / "tenants.toml"
    shown = write_tenants(path)
    tenants = load(path)
    assert list(tenants) == list(TENANTS) == list(shown) == ["shop", "bank", "cinema"]
    assert {tenant.id: tenant.model for tenant in tenants.values()} == {
        "shop": "products", "bank": "banks", "cinema": "films",
    }  # fmt: skip
    for tenant, key in shown.items():
        found = keys.recognise(tenants, key)
        assert found is not None
        assert (found[0].id, found[1].role) == (tenant, "write")


def test_every_run_has_keys_of_its_own(tmp_path: Path) -> None:
    assert write_tenants(tmp_path / "a.toml")["shop"] != write_tenants(tmp_path / "b.toml")["shop"]
