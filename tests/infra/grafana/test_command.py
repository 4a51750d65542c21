"""``aura grafana apply``, ``diff`` and ``remove``, against a fake Grafana on a real socket (see fake_grafana)."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.access.keys import create
from infra import cli
from infra.errors import CommandError
from infra.grafana.names import MAX_CHARS, is_ours, uid
from infra.grafana.wanted import places_of
from stream.tenants_write import add_key
from tests.infra.grafana.fake_grafana import PASSWORD, TOKEN, VIEWER, FakeGrafana, running

ROOT = Path(__file__).resolve().parents[3]

TENANTS = """\
[[tenants]]
id = "shop"
name = "Corner Shop"
kind = "ecommerce"

[[tenants]]
id = "bank"
name = "River Bank"
kind = "bank"
"""


@dataclass
class Desk:
    """A folder from which ``aura grafana`` is run."""

    folder: Path
    grafana: FakeGrafana
    keys: dict[str, str]

    def __call__(self, *arguments: str, token: str | None = "token") -> Result:
        how = [] if token is None else ["--token-file", token]
        if arguments[0] != "remove":
            how += ["--contact", "mailto:ops@example.com,night@example.com"]
        return CliRunner().invoke(cli.app, ["grafana", *arguments, "--url", self.grafana.url, *how])

    def done(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command says that it did, or would do."""
        ended = self(*arguments, "--json")
        assert ended.exit_code in (0, 1), ended.output
        assert ended.exception is None or isinstance(ended.exception, SystemExit)
        found: list[dict[str, Any]] = json.loads(ended.stdout)
        return found

    def write_keys(self) -> None:
        contact = 'contact = "https://hooks.example/shop?token=hush"\n'
        tables = [f'[{name}]\nkey = "{key}"\n' + contact * (name == "shop") for name, key in self.keys.items()]
        (self.folder / "grafana.toml").write_text("\n".join(tables))


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with running() as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path, grafana: FakeGrafana, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tenants.toml").write_text(TENANTS)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    desk = Desk(tmp_path, grafana, {})
    for tenant in ("shop", "bank"):
        desk.keys[tenant], stored = create("read", "Grafana")
        add_key(tmp_path / "tenants.toml", tenant, stored)
    desk.write_keys()
    return desk


def refusal(ended: Result) -> str:
    assert isinstance(ended.exception, CommandError), ended.output
    return str(ended.exception)


def status(ended: Result) -> int:
    """The exit code of a refusal: 1 of a diff would say that there is a difference."""
    assert isinstance(ended.exception, CommandError), ended.output
    return ended.exception.exit_code


def test_everything_comes_there_once_and_a_second_time_nothing_changes(desk: Desk, grafana: FakeGrafana) -> None:
    would = desk("diff")
    assert would.exit_code == 1
    assert grafana.requests == []
    first = desk("apply")
    assert first.exit_code == 0, first.output
    assert first.output.replace("created ", "create ") == would.output
    assert set(grafana.folders) == {"aura-folder", "aura-folder-shop", "aura-folder-bank"}
    assert set(grafana.sources) == {"aura-prometheus", "aura-api-shop", "aura-api-bank"}
    assert {key: board["meta"]["folderUid"] for key, board in grafana.boards.items()} == {
        "aura-operations": "aura-folder",
        "aura-dashboard-shop": "aura-folder-shop",
        "aura-dashboard-bank": "aura-folder-bank",
    }
    assert len(grafana.rules) == 1 + 2 * 3
    asked = len(grafana.requests)
    again = desk("apply")
    assert (again.exit_code, again.output) == (0, "nothing to change: 18 things are as they should be\n")
    assert len(grafana.requests) == asked
    assert (desk("diff").exit_code, desk.done("diff")) == (0, [])


def test_each_tenants_key_is_a_secret_of_its_own_source_and_is_told_nowhere(desk: Desk, grafana: FakeGrafana) -> None:
    said = desk("diff").output + desk("apply").output + desk("diff").output
    for tenant, key in desk.keys.items():
        assert grafana.secrets[f"aura-api-{tenant}"] == {"apiKeyValue": key}
        kept = json.dumps([grafana.sources, grafana.boards, grafana.rules, grafana.folders, grafana.points])
        assert key not in kept + said
        assert grafana.sources[f"aura-api-{tenant}"]["jsonData"]["allowedHosts"] == ["http://127.0.0.1:8000"]
    assert TOKEN not in said


def test_a_new_key_is_put_in_and_what_changes_is_shown_without_it(desk: Desk, grafana: FakeGrafana) -> None:
    desk("apply")
    desk.keys["shop"], stored = create("read", "Grafana")
    add_key(desk.folder / "tenants.toml", "shop", stored)
    desk.write_keys()
    shown = desk("diff")
    assert shown.exit_code == 1
    assert re.search(rf'\+ +"auraKeyId": "{stored.id}"', shown.output)
    assert desk.keys["shop"] not in shown.output
    assert [(one["action"], one["uid"]) for one in desk.done("apply")] == [("update", "aura-api-shop")]
    assert grafana.secrets["aura-api-shop"] == {"apiKeyValue": desk.keys["shop"]}
    grafana.secrets["aura-api-shop"].clear()
    assert [one["uid"] for one in desk.done("apply")] == ["aura-api-shop"]
    assert desk.done("diff") == []


def test_what_somebody_changed_is_shown_and_put_right_and_what_grafana_adds_is_no_difference(
    desk: Desk, grafana: FakeGrafana
) -> None:
    desk("apply")
    board = grafana.boards["aura-dashboard-shop"]["dashboard"]
    board["panels"][1]["title"] = "Mine"
    board["panels"][1]["pluginVersion"] = "12.1.1"
    grafana.rules["aura-bad-bank"]["for"] = "1h"
    grafana.folders["aura-folder"]["title"] = "Elsewhere"
    del grafana.boards["aura-operations"]
    shown = desk("diff")
    assert shown.exit_code == 1
    for line in ('-    "title": "Mine",', "- ", "create dashboard aura-operations (Aura operations)"):
        assert line in shown.output
    assert "pluginVersion" not in shown.output
    assert [(one["action"], one["uid"]) for one in desk.done("apply")] == [
        ("update", "aura-folder"),
        ("create", "aura-operations"),
        ("update", "aura-dashboard-shop"),
        ("update", "aura-bad-bank"),
    ]
    assert desk.done("diff") == []


def test_one_tenant_alone_is_brought_and_taken_away(desk: Desk, grafana: FakeGrafana) -> None:
    assert {one["uid"] for one in desk.done("apply", "--tenant", "shop")} >= {"aura-folder-shop", "aura-dashboard-shop"}
    assert set(grafana.folders) == {"aura-folder-shop"}
    desk("apply")
    removed = desk.done("remove", "--tenant", "bank")
    assert all(one["uid"].endswith("-bank") for one in removed)
    assert len(removed) == 3 + 3
    assert set(grafana.folders) == {"aura-folder", "aura-folder-shop"}
    assert len(desk.done("diff")) == 6


def test_a_tenant_that_left_is_taken_out_and_one_without_a_key_is_left_as_it_is(
    desk: Desk, grafana: FakeGrafana
) -> None:
    desk("apply")
    without = desk.keys.pop("shop")
    desk.write_keys()
    ended = desk("apply")
    assert "left as they are, for grafana.toml has no key of them: shop" in ended.stderr
    assert "aura-dashboard-shop" in grafana.boards
    desk.keys = {"shop": without}
    desk.write_keys()
    tenants = desk.folder / "tenants.toml"
    tenants.write_text(tenants.read_text().split('[[tenants]]\nid = "bank"')[0])
    done = desk.done("apply")
    # Operations see the drift of those tenants that Grafana has a key of.
    assert [one["uid"] for one in done if one["action"] != "remove"] == ["aura-operations"]
    assert not [name for name in (*grafana.boards, *grafana.folders, *grafana.rules) if name.endswith("-bank")]


def test_only_what_aura_made_is_removed(desk: Desk, grafana: FakeGrafana) -> None:
    grafana.folders["mine"] = {"id": 90, "uid": "mine", "title": "Mine", "version": 1}
    grafana.boards["mine"] = {
        "dashboard": {"uid": "mine", "title": "Mine", "tags": ["aura"]},
        "meta": {"folderUid": ""},
    }
    grafana.sources["mine"] = {"id": 91, "uid": "mine", "name": "Mine", "type": "prometheus"}
    grafana.points["mine"] = {"uid": "mine", "name": "Mine", "type": "email", "settings": {}}
    desk("apply")
    mine = {"dashboard": {"uid": "guest", "title": "Guest", "tags": []}, "meta": {"folderUid": "aura-folder-shop"}}
    grafana.boards["guest"] = mine
    policies = json.dumps(grafana.policies)
    ended = desk("remove")
    assert ended.exit_code == 0, ended.output
    assert "folder aura-folder-shop (Aura: Corner Shop) stays" in ended.stderr
    assert set(grafana.folders) == {"mine", "aura-folder-shop"}
    assert set(grafana.boards) == {"mine", "guest"}
    assert (set(grafana.sources), set(grafana.points), grafana.rules) == ({"mine"}, {"mine"}, {})
    assert json.dumps(grafana.policies) == policies
    del grafana.boards["guest"]
    assert [one["uid"] for one in desk.done("remove")] == ["aura-folder-shop"]
    assert desk("remove").output == "nothing to remove\n"


def test_alerts_go_to_the_contact_of_whom_they_are_about(desk: Desk, grafana: FakeGrafana) -> None:
    desk("apply")
    told = {key: (rule.get("notification_settings") or {}).get("receiver") for key, rule in grafana.rules.items()}
    assert (told["aura-firing"], told["aura-bad-shop"], told["aura-bad-bank"]) == (
        "Aura operations",
        "Aura: shop",
        None,
    )
    operations, shop = grafana.points["aura-contact"], grafana.points["aura-contact-shop"]
    assert (operations["type"], operations["settings"]["addresses"]) == ("email", "ops@example.com;night@example.com")
    assert (shop["type"], shop["settings"]["url"]) == ("webhook", "https://hooks.example/shop?token=hush")
    assert "hush" not in desk("diff").output
    for rule in grafana.rules.values():
        assert {query["refId"] for query in rule["data"]} == {"A", "B"}
        assert rule["condition"] == "B"
        assert set(rule["annotations"]) == {"summary", "do"}


def test_a_contact_that_is_taken_away_is_told_nothing_more(desk: Desk, grafana: FakeGrafana) -> None:
    desk("apply")
    keys = desk.folder / "grafana.toml"
    keys.write_text("".join(line for line in keys.read_text().splitlines(keepends=True) if "contact" not in line))
    assert [(one["action"], one["uid"]) for one in desk.done("apply")] == [
        ("update", "aura-bad-shop"),
        ("update", "aura-turned-shop"),
        ("update", "aura-silent-shop"),
        ("remove", "aura-contact-shop"),
    ]
    for rule in grafana.rules.values():  # as Grafana tells it
        if rule["notification_settings"] is None:
            del rule["notification_settings"]
    assert desk.done("diff") == []


def test_more_is_found_than_grafana_lists_at_once(
    desk: Desk, grafana: FakeGrafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.grafana.server.PAGE", 2)
    desk("apply")
    assert desk.done("diff") == []
    assert len(desk.done("remove")) == 18


@pytest.mark.parametrize("url", ["127.0.0.1:3000", "ftp://x", "http://admin:hush@127.0.0.1:3000", "http://"])
def test_a_url_that_is_none_or_holds_a_password_is_refused_without_being_repeated(desk: Desk, url: str) -> None:
    desk.grafana.url = url
    said = refusal(desk("diff"))
    assert said == "expected the http or https URL of Grafana, without user and password"


def test_the_readmes_commands_do_what_it_says(desk: Desk, grafana: FakeGrafana) -> None:
    keys = desk.folder / "grafana.toml"
    keys.unlink()
    section = (ROOT / "README.md").read_text().split("\n## Dashboards\n")[1]
    done = []
    for line in section.split("```sh\n")[1].split("```")[0].splitlines():
        aura, *words = shlex.split(line, comments=True)
        done.append(" ".join(words[:2]))
        if words[0] == "keys":
            ended = CliRunner().invoke(cli.app, words)
            keys.write_text(f'[shop]\nkey = "{ended.stdout.strip()}"\n')
        else:
            ended = CliRunner().invoke(cli.app, [*words, "--url", grafana.url])
        assert (aura, ended.exit_code) == ("aura", 0), f"{line}\n{ended.output}"
        if done[-1] == "grafana apply":
            assert set(grafana.boards) == {"aura-operations", "aura-dashboard-shop"}
    assert done == ["keys create", "grafana apply", "grafana diff", "grafana remove"]
    assert set(grafana.boards) == {"aura-operations"}


def test_a_password_opens_as_a_token_does(desk: Desk) -> None:
    ended = desk("diff", "--user", "admin", "--password-file", "password", token=None)
    assert ended.exit_code == 1, ended.output
    assert desk("diff", "--password-file", "password").exit_code == 2
    assert desk("diff", token=None).exit_code == 2


@pytest.mark.parametrize(
    ("token", "sentence"), [("wrong", "does not know this token"), (VIEWER, "the role Admin is needed")]
)
def test_a_grafana_that_refuses_is_a_sentence(desk: Desk, token: str, sentence: str) -> None:
    (desk.folder / "token").write_text(token)
    ended = desk("diff")
    said = refusal(ended)
    assert sentence in said
    assert token not in said
    assert status(ended) == 2


def test_a_grafana_that_is_not_there_is_a_sentence(desk: Desk, grafana: FakeGrafana) -> None:
    grafana.url = "http://127.0.0.1:9"
    assert refusal(desk("apply")).startswith("Grafana does not answer at http://127.0.0.1:9")
    assert (status(desk("diff")), status(desk("apply"))) == (2, 1)


@pytest.mark.parametrize(
    ("name", "content"), [("tenants.toml", "[[tenants]]\n"), ("grafana.toml", "[shop\n"), ("token", "\n")]
)
def test_a_diff_that_a_wrong_file_keeps_from_an_answer_ends_with_2(desk: Desk, name: str, content: str) -> None:
    (desk.folder / name).write_text(content)
    ended = desk("diff")
    assert (status(ended), name in refusal(ended)) == (2, True)


def test_a_contact_point_comes_before_the_rule_that_names_it(desk: Desk, grafana: FakeGrafana) -> None:
    desk("apply")
    del grafana.rules["aura-firing"]
    grafana.points.clear()
    steps = [(one["action"], one["sort"]) for one in desk.done("apply")]
    assert steps == [("create", "contact point"), ("create", "contact point"), ("create", "alert rule")]
    del grafana.folders["aura-folder-shop"]
    grafana.rules["aura-bad-shop"]["title"] = "Mine"
    assert [one["sort"] for one in desk.done("apply")] == ["folder", "alert rule"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[shop\n", "expected TOML"),
        ("shop = 1\n", "expected a table [shop] with key"),
        ('[shop]\nkey = "x"\ncolour = "red"\n', "expected a table [shop] with key"),
        ('[nobody]\nkey = "x"\n', "there is no tenant 'nobody'"),
        ('[shop]\nkey = "aura_0_secret"\n', "the key of shop is none of that tenant's"),
    ],
)
def test_a_file_of_keys_that_is_wrong_says_so_without_the_keys(desk: Desk, content: str, sentence: str) -> None:
    (desk.folder / "grafana.toml").write_text(content)
    said = refusal(desk("apply"))
    assert sentence in said
    assert "aura_0_secret" not in said


def test_keys_of_others_and_of_more_rights_and_of_the_past_are_refused(desk: Desk) -> None:
    keys = desk.folder / "grafana.toml"
    keys.write_text(f'[shop]\nkey = "{desk.keys["bank"]}"\n')
    assert "is none of that tenant's" in refusal(desk("apply"))
    write, stored = create("write")
    add_key(desk.folder / "tenants.toml", "shop", stored)
    keys.write_text(f'[shop]\nkey = "{write}"\n')
    assert "opens more than reading (write)" in refusal(desk("apply"))
    old, stored = create("read", "", datetime(2024, 5, 20, tzinfo=UTC))
    add_key(desk.folder / "tenants.toml", "shop", stored)
    keys.write_text(f'[shop]\nkey = "{old}"\n')
    assert "has expired" in refusal(desk("apply"))
    keys.write_text("")
    assert "no key for shop; make one with `aura keys create --tenant shop" in refusal(
        desk("apply", "--tenant", "shop")
    )
    keys.write_bytes(b"\xff")
    assert "expected TOML in UTF-8" in refusal(desk("apply"))


def test_without_a_file_of_keys_operations_have_their_dashboard(desk: Desk, grafana: FakeGrafana) -> None:
    (desk.folder / "grafana.toml").unlink()
    ended = desk("apply")
    assert ended.exit_code == 0, ended.output
    assert "grafana.toml has no key of them: shop, bank" in ended.stderr
    assert set(grafana.boards) == {"aura-operations"}


@pytest.mark.parametrize("contact", ["ann@example.com", "ftp://x", "mailto:nobody"])
def test_a_contact_is_an_address_or_a_webhook(desk: Desk, contact: str) -> None:
    ended = CliRunner().invoke(
        cli.app, ["grafana", "diff", "--url", desk.grafana.url, "--token-file", "token", "--contact", contact]
    )
    assert "expected mailto:ADDRESS or the URL of a webhook" in refusal(ended)


def test_uids_are_short_and_each_has_its_own() -> None:
    tenants = ["x" * 63, "x" * 62 + "y", "shop", "t", "folder", "0" * 30]
    found = [place.uid for tenant in tenants for place in places_of(tenant)]
    found += [uid(what) for what in ("folder", "prometheus", "operations", "contact", "firing")]
    assert len(set(found)) == len(found)
    assert all(len(one) <= MAX_CHARS and is_ours(one) and re.fullmatch(r"[a-z0-9_-]+", one) for one in found)
