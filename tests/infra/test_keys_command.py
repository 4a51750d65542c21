"""``aura keys`` as a user runs it."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.access.keys import create as make
from api.access.keys import recognise
from infra import cli
from infra.tenants_file import audit_log
from stream.tenants import load
from stream.tenants_write import add_key

LONG_AGO = datetime(2024, 5, 20, 12, tzinfo=UTC)
TENANTS = '# who we work for\n[[tenants]]\nid = "shop"\nname = "Corner Shop"\n'


def create(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from infra.cli import main; main()", "keys", "create", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AURA_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tenants.toml").write_text(TENANTS)
    return tmp_path


def test_the_key_alone_goes_to_standard_output_and_opens_its_tenant(folder: Path) -> None:
    ended = create(folder, "--tenant", "shop", "--role", "write", "--note", "tills")
    assert ended.returncode == 0, ended.stderr
    path = folder / "tenants.toml"
    found = recognise(load(path), ended.stdout.strip())
    assert found is not None
    assert (found[0].id, found[1].role, found[1].note) == ("shop", "write", "tills")
    assert path.read_text().startswith(TENANTS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ended.stdout.strip() not in path.read_text() + ended.stderr


def test_json_is_one_object_with_the_key(folder: Path) -> None:
    other = folder / "other.toml"
    other.write_text(TENANTS)
    ended = create(folder, "--tenant", "shop", "--role", "read", "--file", str(other), "--json")
    answer = json.loads(ended.stdout)
    assert (answer["tenant"], answer["role"], answer["file"]) == ("shop", "read", str(other))
    found = recognise(load(other), answer["key"])
    assert found is not None
    assert found[1].id == answer["id"]
    assert (folder / "tenants.toml").read_text() == TENANTS


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--tenant", "bank", "--role", "read"], 1, "aura: no tenant 'bank' in the tenants file; it has shop"),
        (["--tenant", "shop", "--role", "read", "--file", "none.toml"], 1, "none.toml: cannot be read: No such file"),
        (["--tenant", "shop", "--role", "god"], 2, "'god' is not one of 'read', 'write', 'admin'"),
        (["--tenant", "shop"], 2, "Missing option '--role'"),
        (["--tenant", "shop", "--role", "read", "--expires", "2001-01-01"], 2, "expected a time to come"),
        (["--tenant", "shop", "--role", "read", "--note", "n" * 201], 1, "note: expected at most 200 characters"),
        (["--tenant", "shop", "--role", "read", "--note", os.fsdecode(b"caf\xe9")], 1, "expected text in UTF-8"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(folder: Path, arguments: list[str], code: int, said: str) -> None:
    ended = create(folder, *arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (folder / "tenants.toml").read_text() == TENANTS
    assert not audit_log(folder / "tenants.toml").exists()


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["keys", *arguments, "--file", str(folder / "tenants.toml")])


def told(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in audit_log(folder / "tenants.toml").read_text().splitlines()]


@pytest.fixture
def old(folder: Path) -> str:
    """A key that expired, with a note that a terminal must not obey; its id."""
    _, stored = make("admin", "\x1b[31mold [red]one[/x]", LONG_AGO)
    add_key(folder / "tenants.toml", "shop", stored)
    return stored.id


def test_a_key_is_made_for_a_time(folder: Path) -> None:
    answer = json.loads(
        run(folder, "create", "--tenant", "shop", "--role", "read", "--expires", "90d", "--json").stdout
    )
    stored = load(folder / "tenants.toml")["shop"].keys[0]
    assert stored.expires is not None
    assert timedelta(days=89) < stored.expires - datetime.now(UTC) <= timedelta(days=90)
    assert answer["expires"] == stored.expires.isoformat()


def test_keys_are_listed_without_their_hashes(folder: Path, old: str) -> None:
    new = json.loads(run(folder, "create", "--tenant", "shop", "--role", "read", "--json").stdout)
    listed = run(folder, "list", "--json")
    assert [(each["id"], each["role"], each["expires"], each["expired"]) for each in json.loads(listed.stdout)] == [
        (old, "admin", LONG_AGO.isoformat(), True),
        (new["id"], "read", None, False),
    ]
    table = run(folder, "list")
    assert (old in table.stdout, new["id"] in table.stdout, "expired" in table.stdout) == (True, True, True)
    for key in load(folder / "tenants.toml")["shop"].keys:
        assert key.hash[:12] not in listed.stdout + table.stdout
    assert "\x1b" not in table.stdout


def test_keys_of_one_tenant_are_listed_or_said_to_be_none(folder: Path, old: str) -> None:
    (folder / "tenants.toml").write_text((folder / "tenants.toml").read_text() + '[[tenants]]\nid = "z"\nname = "Z"\n')
    assert old in run(folder, "list", "--tenant", "shop").stdout
    assert run(folder, "list", "--tenant", "z", "--json").stdout == "[]\n"
    assert "no keys; aura keys create makes one" in run(folder, "list", "--tenant", "z").stderr
    assert str(run(folder, "list", "--tenant", "y").exception) == "no tenant 'y' in the tenants file; it has shop, z"


def test_a_revoked_key_opens_nothing_any_more(folder: Path, old: str) -> None:
    before = (folder / "tenants.toml").read_text()
    key = run(folder, "create", "--tenant", "shop", "--role", "write", "--note", "tills").stdout.strip()
    ended = run(folder, "revoke", key.split("_")[1])
    assert ended.stdout == f"revoked {key.split('_')[1]}, a key of shop to write (tills)\n"
    assert recognise(load(folder / "tenants.toml"), key) is None
    assert (folder / "tenants.toml").read_text() == before
    assert json.loads(run(folder, "revoke", old, "--json").stdout)["revoked"][0]["id"] == old


@pytest.mark.parametrize("layout", ["tables", "inline"])
def test_a_key_is_rotated_while_the_old_one_is_valid_for_a_while(folder: Path, layout: str) -> None:
    path = folder / "tenants.toml"
    old, stored = make("write", "tills")
    if layout == "tables":
        add_key(path, "shop", stored)
    else:
        fields = f'id = "{stored.id}", role = "write", hash = "{stored.hash}", note = "tills"'
        kept = f"{{{fields}, created = 2024-05-20T12:00:00Z}}"
        path.write_text(f"{TENANTS}keys = [{kept}]\n")
    rotated = run(folder, "rotate", stored.id, "--overlap", "6h", "--expires", "90d")
    both = load(path)["shop"].keys
    new = recognise(load(path), rotated.stdout.strip())
    assert new is not None
    assert (new[1].role, new[1].note, new[1].id) == ("write", "tills", both[1].id)
    assert new[1].expires is not None
    assert recognise(load(path), old) is not None
    ends = both[0].expires
    assert ends is not None
    assert timedelta(hours=5) < ends - datetime.now(UTC) <= timedelta(hours=6)
    assert told(folder)[-1]["action"] == "key rotated"
    assert told(folder)[-1]["instead_of"] == stored.id
    again = json.loads(run(folder, "rotate", stored.id, "--overlap", "30d", "--json").stdout)
    assert load(path)["shop"].keys[0].expires == ends, "a rotation never lets a key live longer"
    assert load(path)["shop"].keys[2].id == again["id"]


def test_a_rotation_that_drops_an_end_says_so(folder: Path, old: str) -> None:
    said = run(folder, "rotate", old).stderr
    assert f"{old} had an end, the new key has none: --expires sets one" in said
    assert "valid for ever" in said
    said = run(folder, "rotate", old, "--expires", "2199-01-31T01:30:00+02:00").stderr
    assert "had an end" not in said
    assert "valid until 2199-01-30 23:30 UTC" in said


def test_a_rotation_tells_when_the_old_key_ends_in_truth(folder: Path, old: str) -> None:
    said = run(folder, "rotate", old).stderr
    assert f"{old}, which ended {LONG_AGO:%Y-%m-%d %H:%M} UTC." in said, "no rotation brings a key back to life"
    assert told(folder)[-1]["until"] == LONG_AGO.isoformat()
    soon = json.loads(run(folder, "create", "--tenant", "shop", "--role", "read", "--expires", "90d", "--json").stdout)
    ends = datetime.fromisoformat(soon["expires"])
    said = run(folder, "rotate", soon["id"], "--overlap", "2198-01-01").stderr
    assert f"{soon['id']}, which ends {ends:%Y-%m-%d %H:%M} UTC." in said, "its own end comes before the overlap's"
    assert datetime.fromisoformat(told(folder)[-1]["until"]) == ends


def test_what_cannot_be_rotated_is_said_and_changes_nothing(folder: Path, old: str) -> None:
    before = (folder / "tenants.toml").read_text()
    assert str(run(folder, "rotate", "nobody").exception).startswith("no key 'nobody' in the tenants file")
    assert "expected a time to come" in run(folder, "rotate", old, "--overlap", "2001-01-01").stderr
    key, _ = make("read")
    assert key.split("_")[2] not in run(folder, "rotate", key).output
    assert (folder / "tenants.toml").read_text() == before


def test_what_cannot_be_revoked_is_said_without_repeating_a_key(folder: Path, old: str) -> None:
    unknown = run(folder, "revoke", old, "nobody")
    assert str(unknown.exception) == "no key 'nobody' in the tenants file; aura keys list shows the ids of all"
    assert len(load(folder / "tenants.toml")["shop"].keys) == 1
    key, _ = make("read")
    whole = run(folder, "revoke", key)
    assert (whole.exit_code, "that of a key is between its two underscores" in whole.stderr) == (2, True)
    assert key.split("_")[2] not in whole.output


def test_the_audit_log_tells_who_did_what_and_when_but_no_secret(folder: Path) -> None:
    key = run(folder, "create", "--tenant", "shop", "--role", "write", "--note", "tills").stdout.strip()
    key_id = key.split("_")[1]
    run(folder, "revoke", key_id)
    assert [(each["action"], each["tenant"], each["id"], each["role"], each["note"]) for each in told(folder)] == [
        ("key created", "shop", key_id, "write", "tills"),
        ("key revoked", "shop", key_id, "write", "tills"),
    ]
    assert all(each["by"] for each in told(folder))
    assert abs(datetime.fromisoformat(told(folder)[0]["at"]) - datetime.now(UTC)) < timedelta(minutes=5)
    path = audit_log(folder / "tenants.toml")
    assert key.split("_")[2] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_the_audit_log_that_root_begins_is_its_owners(folder: Path) -> None:
    os.chown(folder / "tenants.toml", 12_345, 12_345)
    run(folder, "create", "--tenant", "shop", "--role", "read")
    for path in (folder / "tenants.toml", audit_log(folder / "tenants.toml")):
        assert (path.stat().st_uid, path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) == (12_345, 12_345, 0o600)


def test_an_audit_log_that_cannot_be_written_is_said_and_the_key_is_shown(folder: Path) -> None:
    audit_log(folder / "tenants.toml").mkdir()
    ended = run(folder, "create", "--tenant", "shop", "--role", "read")
    assert recognise(load(folder / "tenants.toml"), ended.stdout.strip()) is not None
    assert "done, but not noted in" in ended.stderr
