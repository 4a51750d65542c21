"""``aura keys create`` as a user runs it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from api.keys import recognise
from stream.tenants import load

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
        (["--tenant", "shop", "--role", "read", "--note", "n" * 201], 1, "note: expected at most 200 characters"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(folder: Path, arguments: list[str], code: int, said: str) -> None:
    ended = create(folder, *arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (folder / "tenants.toml").read_text() == TENANTS
