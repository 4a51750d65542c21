"""Every query of every panel and variable of the tenants' dashboards, asked of a real API, returns rows."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.clock import now_ms
from api.config import ApiConfig
from infra.grafana.names import uid
from infra.grafana.operations import operations
from infra.grafana.rules import tenant_rules
from infra.grafana.sections import SECTIONS
from infra.grafana.tenant import tenant_dashboard
from stream.measures import DAY_MS, WINDOWS
from stream.simulate import catalogue
from tests.api.filling import Filler
from tests.api.serving import served
from tests.infra.grafana.infinity import Rows, filled, rows
from tests.infra.grafana.seeding import KINDS, SOLD_BY, Businesses, businesses, fill
from tests.services import free_port

PAGE = "https://aura.example"


@pytest.fixture
def house(tmp_path: Path) -> Businesses:
    return businesses(tmp_path)


@pytest.fixture
async def http(filler: Filler, house: Businesses, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    await fill(filler, house, redis_url)
    config = ApiConfig(house.path, redis_url, f"127.0.0.1:{free_port()}", "aura.reviews", publish_timeout_seconds=1.0)
    async with served(config) as url, httpx.AsyncClient(base_url=url, timeout=60) as http:
        yield http


def asked(board: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every query of a dashboard's panels, with the title of its panel."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target


def options(found: Rows) -> list[tuple[str, str]]:
    """What a variable offers, as (text, value): of two fields the first is the text."""
    fields = [list(row.values()) for row in found]
    return [(first or last, last) for first, last in ((each[0], each[-1]) for each in fields)]


async def chosen(http: httpx.AsyncClient, board: dict[str, Any], key: str) -> dict[str, str]:
    """The variables as the dashboard has them when it is opened; each must be there to choose."""
    now = now_ms()
    values = {"__from": str(now - DAY_MS), "__to": str(now)}
    for variable in board["templating"]["list"]:
        if variable["type"] == "custom":
            assert variable["current"]["value"] in variable["query"].split(",")
            values[variable["name"]] = variable["current"]["value"]
            continue
        query = variable["query"]
        assert (query["queryType"], query["infinityQuery"]["datasource"]) == ("infinity", variable["datasource"])
        offered = [value for _, value in options(await rows(http, query["infinityQuery"], key, values))]
        assert offered, variable["name"]
        value = variable["current"]["value"] if "current" in variable else offered[0]
        assert value in offered, f"{variable['name']}: {value} is not among {offered}"
        values[variable["name"]] = value
    return values


async def test_every_query_of_every_kind_returns_rows_with_all_its_columns(
    http: httpx.AsyncClient, house: Businesses
) -> None:
    count = 0
    for tenant in house.tenants.values():
        board = tenant_dashboard(tenant, PAGE)
        values = await chosen(http, board, house.keys[tenant.id])
        for title, query in asked(board):
            found = await rows(http, query, house.keys[tenant.id], values)
            assert found, f"{tenant.id}: {title}"
            for column in query["columns"]:
                assert any(row[column["text"]] is not None for row in found), f"{tenant.id}: {title}: {column}"
            count += 1
    assert count >= 5 * 15


async def test_operations_see_how_each_tenant_drifts_with_that_tenants_source(
    http: httpx.AsyncClient, house: Businesses
) -> None:
    (panel,) = [panel for panel in operations(list(KINDS))["panels"] if panel["title"] == "Drift by tenant"]
    shown = {one["matcher"]["options"]: one["properties"][0]["value"] for one in panel["fieldConfig"]["overrides"]}
    assert list(shown.values()) == list(KINDS)
    for query in panel["targets"]:
        tenant = shown[query["refId"]]
        assert query["datasource"]["uid"] == uid("api", tenant)
        (found,) = await rows(http, query, house.keys[tenant], {})
        assert 0 < found["scores.psi"] < 1


async def test_every_query_of_every_alert_rule_returns_one_number_a_product(
    http: httpx.AsyncClient, house: Businesses
) -> None:
    for tenant in house.tenants.values():
        first = catalogue.load(SOLD_BY[tenant.id]).products[0].id
        for rule in tenant_rules(tenant, None):
            asked, judged = rule.body["data"]
            assert asked["datasourceUid"] == asked["model"]["datasource"]["uid"]
            found = await rows(http, asked["model"], house.keys[tenant.id], {})
            # Of a table, alerting takes one number, and texts as labels.
            types = [column["type"] for column in asked["model"]["columns"]]
            assert types.count("number") == 1
            assert set(types) <= {"number", "string"}
            number = asked["model"]["columns"][types.index("number")]["text"]
            evaluator = judged["model"]["conditions"][0]["evaluator"]
            over = [row for row in found if (row[number] > evaluator["params"][0]) == (evaluator["type"] == "gt")]
            alerts = [row.get("product_id") for row in over]
            assert alerts == ([] if rule.place.uid.startswith("aura-silent") else [first]), rule.title


async def test_a_key_of_another_tenant_opens_no_query(http: httpx.AsyncClient, house: Businesses) -> None:
    board = tenant_dashboard(house.tenants["shop"], PAGE)
    values = await chosen(http, board, house.keys["shop"])
    for _, query in asked(board):
        url = filled(query["url"], values)
        assert (await http.get(url, headers={"X-API-Key": house.keys["bank"]})).status_code == 403


async def test_products_are_chosen_by_their_names_and_windows_are_those_there_are(
    http: httpx.AsyncClient, house: Businesses
) -> None:
    board = tenant_dashboard(house.tenants["shop"], PAGE)
    offered = {
        variable["name"]: options(await rows(http, variable["query"]["infinityQuery"], house.keys["shop"], {}))
        for variable in board["templating"]["list"]
        if variable["type"] == "query"
    }
    assert [value for _, value in offered["window"]] == list(WINDOWS)
    assert set(offered["product"]) == {(one.name, one.id) for one in catalogue.load("shop").products}
    assert {value for _, value in offered["brand"]} == {
        one.brand for one in catalogue.load("shop").products if one.brand
    }


@pytest.mark.parametrize(
    ("tenant", "panel", "begins"),
    [("bank", "${branches}", "branch-"), ("cinema", "${films}", "film-"), ("cinema", "${houses}", "house-")],
)
async def test_branches_films_and_houses_are_told_apart(
    http: httpx.AsyncClient, house: Businesses, tenant: str, panel: str, begins: str
) -> None:
    board = tenant_dashboard(house.tenants[tenant], PAGE)
    values = await chosen(http, board, house.keys[tenant])
    (query,) = [query for title, query in asked(board) if title == panel]
    listed = {row["product_id"] for row in await rows(http, query, house.keys[tenant], values)}
    sold = {one.id for one in catalogue.load(SOLD_BY[tenant]).products}
    assert listed == {one for one in sold if one.startswith(begins)}


def test_every_kind_has_a_dashboard_of_its_own() -> None:
    assert set(SECTIONS) == set(KINDS.values())
