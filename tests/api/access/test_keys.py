"""Keys: what they look like, what is stored, who they open what for."""

import hashlib
import re
from pathlib import Path

import pytest

from api.access.keys import allows, create, recognise
from stream.tenants import Role, Tenant, TenantKey, Tenants, parse


def tenants(*keys: TenantKey) -> Tenants:
    return Tenants([Tenant("shop", "Corner Shop", keys=keys), Tenant("bank", "River Bank")])


def test_a_key_has_256_random_bits_and_is_stored_as_its_hash_alone() -> None:
    key, stored = create("read", "for the wall screen")
    assert re.fullmatch(r"aura_[0-9a-f]{12}_[0-9a-f]{64}", key)
    assert stored.hash == hashlib.sha256(key.encode()).hexdigest()
    assert key.split("_")[2] not in repr(stored)
    assert (stored.id, stored.role, stored.note) == (key.split("_")[1], "read", "for the wall screen")
    assert create("read")[0] != key


def test_what_is_stored_is_valid_in_a_tenants_file() -> None:
    _, stored = create("write")
    content = (
        f'[[tenants]]\nid = "a"\nname = "A"\n[[tenants.keys]]\nid = "{stored.id}"\nrole = "{stored.role}"\n'
        f'hash = "{stored.hash}"\ncreated = {stored.created.isoformat()}\n'
    )
    assert parse(Path("tenants.toml"), content.encode())["a"].keys == (stored,)


def test_a_key_is_recognised_with_its_tenant() -> None:
    key, stored = create("read")
    known = tenants(create("admin")[1], stored)
    assert recognise(known, key) == (known["shop"], stored)


def test_no_other_key_is_recognised() -> None:
    key, stored = create("read")
    other, _ = create("read")
    known = tenants(stored)
    wrong_secret = f"aura_{stored.id}_{'0' * 64}"
    for text in (other, wrong_secret, key + "0", key[:-1], key.upper(), f" {key}", f"{key}\n", "", "aura__", "ключ"):
        assert recognise(known, text) is None


@pytest.mark.parametrize(
    ("role", "allowed"), [("read", ["read"]), ("write", ["read", "write"]), ("admin", ["read", "write", "admin"])]
)
def test_a_role_may_what_the_roles_below_it_may(role: Role, allowed: list[Role]) -> None:
    every: tuple[Role, ...] = ("read", "write", "admin")
    assert [needed for needed in every if allows(role, needed)] == allowed
