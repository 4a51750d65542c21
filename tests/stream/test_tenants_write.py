"""Adding keys to a tenants file that people edit by hand too."""

import difflib
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stream.tenants import TenantKey, TenantsFileError, load
from stream.tenants_write import UnknownTenant, add_key

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
