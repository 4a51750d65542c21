"""``aura tenants`` as a user runs it."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.access.keys import create
from infra.tenants_file import audit_log
from stream.tenants import load
from stream.tenants_write import add_key
from tests.infra.commands.running import aura

TENANTS = """\
# who we work for
[[tenants]]
id = "shop"
name = "Corner [red]Shop"   # since 1987
kind = "ecommerce"
shadow_model = "films"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tenants.toml"
    path.write_text(TENANTS)
    path.chmod(0o600)
    return path


def test_tenants_are_listed_with_what_the_file_leaves_out(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    add_key(path, "shop", create("read")[1])
    listed = json.loads(aura(capsys, "tenants", "list", "--file", path, "--json").out)
    assert listed == [
        {
            "id": "shop", "name": "Corner [red]Shop", "kind": "ecommerce", "model": "products",
            "recent_reviews": 50, "recent_days": 7, "duplicate_seconds": 3600, "keys": 1,
            "previous_model": None, "shadow_model": "films", "requests_per_second": 500, "request_burst": 1000,
            "live_streams": 1000, "alerts": [], "webhooks": [],
        }
    ]  # fmt: skip
    table = aura(capsys, "tenants", "list", "--file", path)
    assert table.code == 0
    assert "shop" in table.out
    assert "[red]" in table.out


def test_a_tenant_is_added_and_what_people_wrote_stays(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    added = aura(
        capsys, "tenants", "add", "bank", "--name", "River Bank", "--kind", "bank", "--recent-reviews", 0,
        "--requests-per-second", 20, "--file", path,
    )  # fmt: skip
    assert (added.code, added.err) == (0, "")
    assert added.out.startswith("added bank, scored by banks; ")
    assert path.read_text().startswith(TENANTS)
    bank = load(path)["bank"]
    assert (bank.name, bank.kind, bank.recent_reviews, bank.requests_per_second) == ("River Bank", "bank", 0, 20)
    told = json.loads(audit_log(path).read_text())
    assert (told["action"], told["tenant"], told["recent_reviews"]) == ("tenant added", "bank", 0)


def test_the_first_tenant_makes_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    added = aura(
        capsys, "tenants", "add", "shop", "--name", "Shop", "--kind", "ecommerce", "--file", path, "--json"
    )  # fmt: skip
    assert json.loads(added.out)["added"]["model"] == "products"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert aura(capsys, "tenants", "check", "--file", path).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["Shop!", "--kind", "bank"], 1, "tenants[1].id: expected 1 to 63 lower-case letters"),
        (["shop", "--kind", "bank"], 1, "tenants: two tenants have the id 'shop'; each needs its own"),
        (["a", "--kind", "airline"], 2, "'airline' is not one of 'ecommerce', 'bank'"),
        (["a", "--kind", "bank", "--recent-days", "0"], 1, "expected a whole number from 1 to 365, got 0"),
        (["a", "--kind", "bank", "--model", "nothing"], 1, "artefact nothing: no such folder here"),
    ],
)
def test_what_cannot_be_added_is_said_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], path: Path, arguments: list[str], code: int, said: str
) -> None:
    ended = aura(capsys, "tenants", "add", *arguments, "--name", "A", "--file", path)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert path.read_text() == TENANTS
    assert not audit_log(path).exists()


def test_a_valid_file_is_said_to_be_one_with_what_is_hardly_meant(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    _, stored = create("read", expires=datetime(2024, 5, 20, tzinfo=UTC))
    add_key(path, "shop", stored)
    path.chmod(0o644)
    ended = aura(capsys, "tenants", "check", "--file", path)
    assert (ended.code, ended.out) == (0, f"{path}: valid, 1 tenant, 1 key\n")
    assert ended.err.splitlines() == [
        f"{path}: others than its owner may read it; chmod 600 {path}",
        f"{path}: shop has no key that is valid; nobody reads its numbers",
        f"{path}: key {stored.id} of shop expired at 2024-05-20T00:00:00+00:00",
    ]
    add_key(path, "shop", create("read")[1])
    told = json.loads(aura(capsys, "tenants", "check", "--file", path, "--json").out)
    assert (told["valid"], told["faults"], len(told["doubts"])) == (True, [], 1)


def test_everything_wrong_with_a_file_is_said_at_once(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    path.write_text(TENANTS.replace('"ecommerce"', '"airline"') + "recent_days = 0\n")
    ended = aura(capsys, "tenants", "check", "--file", path)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        f"aura: {path}: tenants[0].kind: expected ecommerce, bank, cinema, clinic or other, got 'airline'",
        f"aura: {path}: tenants[0].recent_days: expected a whole number from 1 to 365, got 0",
    ]
    told = aura(capsys, "tenants", "check", "--file", path, "--json")
    assert (told.code, [fault["place"] for fault in json.loads(told.out)["faults"]]) == (
        1,
        ["tenants[0].kind", "tenants[0].recent_days"],
    )


def test_a_model_that_workers_could_not_load_is_a_fault(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    path.write_text(TENANTS.replace('"films"', '"films@0123456789ab"'))
    ended = aura(capsys, "tenants", "check", "--file", path)
    assert ended.code == 1
    assert "tenants[0].shadow_model: artefact" in ended.err
    assert "films@0123456789ab is asked for" in ended.err


WEBHOOKS = """
[[tenants.webhooks]]
name = "ops"
url = "https://example.org/hook?token=T0KEN"
secret_file = "ops.secret"

[[tenants.alerts]]
id = "turns"
kind = "change"
window = "24h"
webhooks = ["ops"]
"""


def test_a_webhook_without_its_secret_is_a_fault_and_one_that_others_may_read_a_doubt(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    path.write_text(TENANTS + WEBHOOKS)
    secret = path.with_name("ops.secret")
    place = f"{path}: tenants[0].webhooks[0].secret_file: "
    missing = aura(capsys, "tenants", "check", "--file", path)
    assert (missing.code, missing.out) == (1, "")
    assert f"aura: {place}{secret} cannot be read: No such file or directory" in missing.err
    for content, sentence in (("", "is empty; put a secret in it"), ("short\n", "expected 16 characters or more")):
        secret.write_text(content)
        assert sentence in aura(capsys, "tenants", "check", "--file", path).err
    secret.write_text("0123456789abcdef\n")
    secret.chmod(0o644)
    told = aura(capsys, "tenants", "check", "--file", path)
    assert (told.code, f"chmod 600 {secret}" in told.err) == (0, True)
    secret.chmod(0o600)
    assert "secret" not in aura(capsys, "tenants", "check", "--file", path).err


def test_rules_are_listed_in_full_and_webhooks_by_their_names_alone(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    path.write_text(TENANTS + WEBHOOKS)
    listed = aura(capsys, "tenants", "list", "--file", path, "--json").out
    (shop,) = json.loads(listed)
    assert shop["webhooks"] == ["ops"]
    assert shop["alerts"][0] == {
        "id": "turns", "kind": "change", "window": "24h", "scope": "tenant", "product": None, "threshold": 0.1,
        "clear": 0.05, "direction": "down", "min_reviews": 20, "max_products": 1000, "severity": "warning", "note": "",
        "webhooks": ["ops"], "repeat_minutes": 0,
    }  # fmt: skip
    assert "T0KEN" not in listed
