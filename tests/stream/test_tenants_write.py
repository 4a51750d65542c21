"""Adding keys and changing models in a tenants file that people edit by hand too."""

import difflib
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stream.tenants import Tenant, TenantKey, TenantsFileError, load
from stream.tenants_write import Models, UnknownKey, UnknownTenant, add_key, add_tenant, remove_keys, set_models

HASH = "ab" * 32
COMMENTED = f"""\
# our tenants
[[tenants]]
id = "shop"   # the shop
name = "Corner Shop"

[[tenants.keys]]
id = "k1"
role = "read"
hash = "{HASH}"
created = 2024-05-20T12:00:00Z  # the first

# the bank follows
[[tenants]]
id = "bank"
name = "River Bank"
keys = []
"""


def new_key(key_id: str, note: str = "") -> TenantKey:
    return TenantKey(key_id, "write", HASH, datetime(2024, 5, 21, tzinfo=UTC), note)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tenants.toml"
    path.write_text(COMMENTED)
    return path


def test_a_key_is_added_to_its_tenant_alone(path: Path) -> None:
    add_key(path, "shop", new_key("k2", "loader"))
    tenants = load(path)
    assert [key.id for key in tenants["shop"].keys] == ["k1", "k2"]
    assert tenants["shop"].keys[1] == new_key("k2", "loader")
    assert tenants["bank"].keys == ()


def test_what_was_written_by_hand_stays_as_it_is(path: Path) -> None:
    add_key(path, "shop", new_key("k2"))
    lines = path.read_text().splitlines()
    assert not [line for line in difflib.ndiff(COMMENTED.splitlines(), lines) if line.startswith("-")]
    assert lines.index("# the bank follows") > lines.index('id = "k2"')


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "keys = []\n",
        f'keys = [{{ id = "k1", role = "read", hash = "{HASH}", created = 2024-05-20T12:00:00Z }}]\n',
        f'[[tenants.keys]]\nid = "k1"\nrole = "read"\nhash = "{HASH}"\ncreated = 2024-05-20T12:00:00Z',
    ],
    ids=["none", "empty", "inline", "no final line feed"],
)
@pytest.mark.parametrize("after", ["", '\n[[tenants]]\nid = "z"\nname = "Z"\n'], ids=["last", "between"])
def test_a_key_is_added_however_the_file_is_laid_out(path: Path, keys: str, after: str) -> None:
    path.write_text(f'[[tenants]]\nid = "a"\nname = "A"\n{keys}{after}')
    before = [key.id for key in load(path)["a"].keys]
    add_key(path, "a", new_key("n1"))
    add_key(path, "a", new_key("n2"))
    assert [key.id for key in load(path)["a"].keys] == [*before, "n1", "n2"]
    assert list(load(path)) == (["a", "z"] if after else ["a"])


def test_only_the_owner_may_read_what_is_written(path: Path) -> None:
    path.chmod(0o644)
    add_key(path, "shop", new_key("k2"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(path: Path) -> None:
    link = path.with_name("link.toml")
    link.symlink_to(path)
    add_key(link, "shop", new_key("k2"))
    assert link.is_symlink()
    assert len(load(path)["shop"].keys) == 2


KEYS = [
    f'# of k{n}\n[[tenants.keys]]\nid = "k{n}"\nrole = "read"\nhash = "{HASH}"\n'
    f"created = 2024-05-20T12:00:00Z  # c{n}\n"
    for n in range(3)
]


@pytest.mark.parametrize("gone", [["k0"], ["k1"], ["k2"], ["k2", "k0"], ["k0", "k1", "k2"], ["k1", "k1"]])
@pytest.mark.parametrize("after", ["", '\n# of z\n[[tenants]]\nid = "z"\nname = "Z"\n', "\n# the end\n"])
def test_revoked_keys_are_gone_and_all_else_stays(path: Path, gone: list[str], after: str) -> None:
    path.write_text("\n".join(['[[tenants]]\nid = "a"\nname = "A"  # ours\n', *KEYS]) + after)
    before = load(path)
    removed = remove_keys(path, gone)
    assert [(tenant.id, key.id) for tenant, key in removed] == [("a", key_id) for key_id in dict.fromkeys(gone)]
    now = load(path)
    assert [key for key in before["a"].keys if key.id not in gone] == list(now["a"].keys)
    assert list(now) == list(before)
    left = path.read_text()
    for number in range(3):
        assert (f"# c{number}" in left) == (f"k{number}" not in gone)
        assert f"# of k{number}" in left  # what it was for, and why it went, is for people to say
    positions = [left.index(text) for text in ("# ours", "# of k0", "# of k1", "# of k2", after.strip())]
    assert positions[:4] == sorted(positions[:4])
    if after:
        assert left.rstrip().endswith(after.strip())
    add_key(path, "a", new_key("k9"))
    assert load(path)["a"].keys[-1] == new_key("k9")


def test_inline_keys_are_revoked_too(path: Path) -> None:
    inline = [f'{{ id = "k{n}", role = "read", hash = "{HASH}", created = 2024-05-20T12:00:00Z }}' for n in range(3)]
    path.write_text(f'[[tenants]]\nid = "a"\nname = "A"\nkeys = [{", ".join(inline)}]\n')
    remove_keys(path, ["k1"])
    assert [key.id for key in load(path)["a"].keys] == ["k0", "k2"]
    remove_keys(path, ["k0", "k2"])
    assert load(path)["a"].keys == ()


def test_of_an_unknown_key_and_known_ones_none_is_revoked(path: Path) -> None:
    with pytest.raises(UnknownKey, match="no key 'k7' in the tenants file; aura keys list shows the ids of all"):
        remove_keys(path, ["k1", "k7"])
    assert path.read_text() == COMMENTED


def test_a_key_that_expires_is_written_with_its_time(path: Path) -> None:
    key = msgspec.structs.replace(new_key("k2"), expires=datetime(2027, 1, 31, tzinfo=UTC))
    add_key(path, "shop", key)
    assert load(path)["shop"].keys[-1] == key


@pytest.mark.parametrize(
    "before",
    ["", "# none yet\n", "tenants = []\n", COMMENTED, COMMENTED.rstrip(), COMMENTED + "\n# the end\n",
     'tenants = [{ id = "shop", name = "Corner Shop" }]  # one\n'],
)  # fmt: skip
def test_a_tenant_is_added_after_all_there_are(path: Path, before: str) -> None:
    path.write_text(before)
    known = load(path)
    added = add_tenant(path, {"id": "cinema", "name": 'The "Lantern"', "kind": "cinema", "recent_days": 3})
    assert added == Tenant("cinema", 'The "Lantern"', "cinema", recent_days=3)
    assert dict(load(path)) == {**known, "cinema": added}
    if "tenants = [" not in before:
        assert path.read_text().startswith(before)
    elif "# one" in before:
        assert "# one" in path.read_text()
    add_key(path, "cinema", new_key("n1"))
    assert [key.id for key in load(path)["cinema"].keys] == ["n1"]


def test_the_first_tenant_makes_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    add_tenant(path, {"id": "shop", "name": "Corner Shop"})
    assert list(load(path)) == ["shop"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": "bank", "name": "Another"}, "two tenants have the id 'bank'"),
        ({"id": "Not an id", "name": "A"}, r"tenants\[2\].id: expected 1 to 63 lower-case letters"),
        ({"id": "a", "name": "A", "recent_days": 0}, "recent_days: expected a whole number from 1 to 365, got 0"),
    ],
)
def test_a_tenant_that_would_not_be_valid_leaves_the_file_alone(path: Path, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(TenantsFileError, match=said):
        add_tenant(path, fields)
    assert path.read_text() == COMMENTED
    assert [entry.name for entry in path.parent.iterdir()] == ["tenants.toml"]


def test_an_unknown_tenant_is_refused_with_those_there_are(path: Path) -> None:
    with pytest.raises(UnknownTenant) as caught:
        add_key(path, "cinema", new_key("k2"))
    assert (caught.value.tenant, caught.value.known) == ("cinema", ["shop", "bank"])
    assert str(caught.value) == "no tenant 'cinema' in the tenants file; it has shop, bank"


def test_an_id_used_twice_leaves_the_file_alone(path: Path) -> None:
    with pytest.raises(TenantsFileError, match="two keys"):
        add_key(path, "bank", new_key("k1"))
    assert path.read_text() == COMMENTED
    assert [entry.name for entry in path.parent.iterdir()] == ["tenants.toml"]


def test_writers_at_the_same_time_lose_no_key(path: Path) -> None:
    barrier = threading.Barrier(8)

    def add(number: int) -> None:
        barrier.wait()
        add_key(path, "bank" if number % 2 else "shop", new_key(f"n{number}"))

    writers = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    added = {key.id for tenant in load(path).values() for key in tenant.keys}
    assert added == {"k1"} | {f"n{number}" for number in range(8)}


@pytest.mark.parametrize("after", ["", '\n# of z\n[[tenants]]\nid = "z"\nname = "Z"\n', "\n# the end\n"])
@pytest.mark.parametrize("models", ["", 'model = "old"  # ours\n', 'shadow_model = "s"\nmodel = "old"\n'])
@pytest.mark.parametrize(
    "keys",
    [
        "",
        "keys = []\n",
        f'[[tenants.keys]]\nid = "k1"\nrole = "read"\nhash = "{HASH}"\ncreated = 2024-05-20T12:00:00Z\n',
    ],
)
def test_models_are_changed_however_the_file_is_laid_out(path: Path, models: str, keys: str, after: str) -> None:
    path.write_text(f'[[tenants]]\nid = "a"\nname = "A"\n{models}{keys}{after}')
    before = load(path)
    for wanted in (Models("new@0123456789ab", "old"), Models("old", "new", "third"), Models("third")):
        assert set_models(path, ["a"], lambda _, wanted=wanted: wanted) == {"a": wanted}  # type: ignore[misc]
        now = load(path)
        assert (now["a"].model, now["a"].previous_model, now["a"].shadow_model) == wanted
        assert now["a"].keys == before["a"].keys
        assert list(now) == list(before)
        text = path.read_text()
        assert text.endswith(after) or after.strip() in text
        assert ("# ours" in text) == ("# ours" in models)
        if "# of z" in after:
            assert text.index("# of z") > text.index("third" if wanted.shadow_model else "model =")


def test_the_change_sees_what_stands_in_the_file_and_may_refuse(path: Path) -> None:
    def refuse(tenant: object) -> Models:
        raise LookupError(tenant)

    set_models(path, ["shop", "bank"], lambda tenant: Models(tenant.id, tenant.model))
    assert [(one.model, one.previous_model) for one in load(path).values()] == [
        ("shop", "products"), ("bank", "products")
    ]  # fmt: skip
    before = path.read_text()
    with pytest.raises(LookupError):
        set_models(path, ["shop"], refuse)
    with pytest.raises(UnknownTenant):
        set_models(path, ["shop", "cinema"], lambda _: Models("other"))
    assert path.read_text() == before


RULES = """\
[[tenants.alerts]]   # who is called, and when
id = "turns"
kind = "change"
window = "24h"
webhooks = ["ops"]

[[tenants.webhooks]]
name = "ops"
url = "https://example.org/"
secret_file = "ops.secret"
"""


@pytest.mark.parametrize("keys_first", [True, False], ids=["keys before rules", "rules before keys"])
@pytest.mark.parametrize("has_keys", [True, False], ids=["with keys", "without"])
def test_rules_and_webhooks_stay_when_keys_and_models_change(path: Path, keys_first: bool, has_keys: bool) -> None:
    key = f'[[tenants.keys]]\nid = "k1"\nrole = "read"\nhash = "{HASH}"\ncreated = 2024-05-20T12:00:00Z\n'
    parts = [key] * has_keys + [RULES]
    body = "\n".join(parts if keys_first else reversed(parts))
    path.write_text(f'[[tenants]]\nid = "a"\nname = "A"\n\n{body}\n# z follows\n[[tenants]]\nid = "z"\nname = "Z"\n')
    before = load(path)["a"]
    add_key(path, "a", new_key("n1"))
    set_models(path, ["a"], lambda _: Models("products@000000000001"))
    add_key(path, "a", new_key("n2"))
    add_tenant(path, {"id": "last", "name": "Last", "kind": "bank"})
    for gone in (["n1"], ["n2"]):
        remove_keys(path, gone)
    after = load(path)
    assert msgspec.structs.replace(after["a"], model=before.model) == before
    assert list(after) == ["a", "z", "last"]
    text = path.read_text()
    assert RULES in text
    assert text.index("# z follows") < text.index('id = "z"')
    assert text.index("# z follows") > text.index("[[tenants.webhooks]]")
