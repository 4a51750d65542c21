"""Dashboards are what Grafana says that a dashboard is.

Two checks stand in for a Grafana that loads them: the types of Grafana's own SDK read them back without losing or
adding anything; and they fit ``dashboard.schema.json``, written after the kinds that Grafana publishes
(``@grafana/schema``), for what those types do not enforce: required fields, enumerations, ranges.
"""

import copy
import json
import re
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.alerting import ContactPoint, Rule
from grafana_foundation_sdk.models.dashboard import Dashboard

from infra.grafana.operations import operations
from infra.grafana.panels import GRID
from infra.grafana.rules import contact_point, firing_rule, tenant_rules
from infra.grafana.tenant import tenant_dashboard
from stream.tenants import Kind, Tenant

SCHEMA = json.loads(Path(__file__).with_name("dashboard.schema.json").read_text())
BOARDS: dict[str, dict[str, Any]] = {
    "operations": operations(["shop", "bank"]),
    **{kind: tenant_dashboard(Tenant("x", "X", kind), "https://aura.example") for kind in get_args(Kind)},
}

register_default_plugins()


@pytest.fixture(params=BOARDS)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    return copy.deepcopy(BOARDS[request.param])


def test_it_fits_the_schema(board: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(board)


@pytest.mark.parametrize(
    "damage",
    [
        lambda board: board["panels"][-1].pop("gridPos"),
        lambda board: board["panels"][-1].update(type="graph"),
        lambda board: board["panels"][-1]["datasource"].pop("uid"),
        lambda board: board["panels"][-1]["gridPos"].update(w=25),
        lambda board: board.update(uid="x" * 41),
        lambda board: board["panels"][-1]["fieldConfig"]["overrides"].append({"properties": []}),
    ],
)
def test_the_schema_refuses_what_grafana_would_not_show(damage: Any) -> None:
    board = copy.deepcopy(BOARDS["bank"])
    damage(board)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(board)


def test_grafanas_own_types_read_it_back_as_it_is(board: dict[str, Any]) -> None:
    read: dict[str, Any] = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    for variable in read.get("templating", {}).get("list", []):
        for name in ("auto", "auto_min", "auto_count"):  # of variables that are intervals, but the SDK gives it to all
            del variable[name]
    assert read == board


def test_panels_have_numbers_of_their_own_and_do_not_overlap(board: dict[str, Any]) -> None:
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken: dict[tuple[int, int], str] = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= GRID, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"], f"{panel['title']} at {x}, {y}"


def test_every_variable_that_is_used_is_defined(board: dict[str, Any]) -> None:
    defined = {variable["name"] for variable in board.get("templating", {}).get("list", [])}
    used = {name for name in re.findall(r"\$\{(\w+)", json.dumps(board)) if not name.startswith("__")}
    assert used == defined  # none is there for nothing either


def test_grafanas_own_types_read_rules_and_contact_points_back_as_they_are() -> None:
    tenant = Tenant("x", "X", "bank")
    for rule in (*tenant_rules(tenant, "mailto:x@example.com"), firing_rule("https://hooks.example/x")):
        sent = {**rule.body, "orgID": 1}
        assert json.loads(json.dumps(Rule.from_json(sent), cls=JSONEncoder)) == sent
        assert len(rule.body["title"]) <= 190
        uids = {query["datasourceUid"] for query in rule.body["data"]}
        assert uids == {"__expr__", rule.body["data"][0]["model"]["datasource"]["uid"]}
    for contact in ("mailto:x@example.com", "https://hooks.example/x"):
        point = contact_point(contact, tenant).body
        assert json.loads(json.dumps(ContactPoint.from_json(point), cls=JSONEncoder)) == point


@pytest.mark.parametrize(("kept", "days", "window"), [(50, 7, "7d"), (50, 2, "24h"), (0, 7, None)])
def test_drivers_are_asked_for_as_long_as_texts_are_kept(kept: int, days: int, window: str | None) -> None:
    tenant = Tenant("x", "X", "other", recent_reviews=kept, recent_days=days)
    asked = [
        {one["key"]: one["value"] for one in target["url_options"]["params"]}["window"]
        for panel in tenant_dashboard(tenant, "https://aura.example")["panels"]
        for target in panel.get("targets", [])
        if target["url"].endswith("/drivers")
    ]
    assert asked == ([window] * 2 if window else [])


def test_overrides_are_of_fields_that_the_panel_has(board: dict[str, Any]) -> None:
    for panel in board["panels"]:
        fields = {column["selector"] for target in panel.get("targets", []) for column in target.get("columns", [])}
        for override in panel.get("fieldConfig", {}).get("overrides", []):
            if override["matcher"]["id"] == "byFrameRefID":
                assert override["matcher"]["options"] in {target["refId"] for target in panel["targets"]}
            elif fields:
                assert override["matcher"]["options"] in fields, panel["title"]
            for each in override["properties"]:
                if each["id"] == "custom.fillBelowTo":
                    assert each["value"] in fields
