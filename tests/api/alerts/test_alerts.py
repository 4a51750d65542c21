"""The alert history, the rules with their state, and the live stream's event."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from api.alerts import examples as alert_examples
from api.config import ApiConfig
from stream.alerts.book import Lease
from stream.store.connection import connect
from stream.tenant_rules import AlertRule
from tests.api.alerting import TABLES, happen, looked, write
from tests.api.filling import Filler, House
from tests.api.serving import next_event, served, watching

HISTORY = "/v1/tenants/shop/alerts"
QUIET = AlertRule("quiet", "silence", "24h", severity="critical")


def of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [event["id"] for event in answer.json()["events"]]


@pytest.fixture
async def past(redis_url: str) -> None:
    """Twelve things that happened, the fourth of them to the tenant as a whole."""
    steps = [
        happen(number, "raised" if number % 3 else "cleared", f"P{number % 2}") for number in range(12) if number != 3
    ]
    await write(redis_url, "shop", [*steps[:3], happen(3, "raised", None, QUIET), *steps[3:]])


async def test_the_history_is_told_newest_first_in_pages(http: httpx.AsyncClient, house: House, past: None) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 5}
    while True:
        answer = await http.get(HISTORY, params=query, headers=house.headers())
        seen += of(answer)
        if (cursor := answer.json()["next_cursor"]) is None:
            break
        query["cursor"] = cursor
    assert seen == [f"e{number}" for number in reversed(range(12))]
    first = (await http.get(HISTORY, headers=house.headers())).json()["events"][0]
    assert (first["event"], first["rule"], first["product_id"], first["why"], first["tenant"]) == (
        "raised", "turns", "P1", "because of 11", "shop",
    )  # fmt: skip
    assert (first["threshold"], first["clear"], first["interval"], first["note"]) == (0.0, 0.1, [-0.6, -0.4], "Call.")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"rule": "quiet"}, ["e3"]),
        ({"severity": "critical"}, ["e3"]),
        ({"product_id": "P0"}, ["e10", "e8", "e6", "e4", "e2", "e0"]),
        ({"event": "cleared"}, ["e9", "e6", "e0"]),
        ({"event": "cleared", "product_id": "P0"}, ["e6", "e0"]),
        ({"rule": "other"}, []),
        ({"event": "repeated"}, []),
    ],
)
async def test_filters_let_through_what_is_asked_for_on_every_page(
    http: httpx.AsyncClient, house: House, past: None, query: dict[str, str], expected: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("api.alerts.history.BATCH", 2)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(len(expected) + 1):
        answer = await http.get(HISTORY, params={**query, **cursor, "limit": 1}, headers=house.headers())
        seen += of(answer)
        if answer.json()["next_cursor"] is None:
            break
        cursor = {"cursor": answer.json()["next_cursor"]}
    assert seen == expected


async def test_a_cursor_of_another_question_is_refused(http: httpx.AsyncClient, house: House, past: None) -> None:
    cursor = (await http.get(HISTORY, params={"limit": 1}, headers=house.headers())).json()["next_cursor"]
    for query in ({"cursor": cursor, "rule": "turns"}, {"cursor": "nonsense"}, {"cursor": cursor[:-4]}):
        answer = await http.get(HISTORY, params=query, headers=house.headers())
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:aura:problem:bad-cursor")


@pytest.mark.parametrize(
    "place", ["0-0", "00000-000", "99999999999999999999-0", "18446744073709551615-18446744073709551616"]
)
async def test_a_cursor_to_where_no_event_can_be_is_refused(
    http: httpx.AsyncClient, house: House, past: None, place: str
) -> None:
    forged = base64.urlsafe_b64encode(msgspec.json.encode([[None] * 4, place])).decode()
    answer = await http.get(HISTORY, params={"cursor": forged.rstrip("=")}, headers=house.headers())
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:aura:problem:bad-cursor")


@pytest.mark.parametrize(
    ("query", "field"), [({"limit": 0}, "limit"), ({"event": "test"}, "event"), ({"severity": "x"}, "severity")]
)
async def test_what_is_not_allowed_is_named(
    http: httpx.AsyncClient, house: House, query: dict[str, Any], field: str
) -> None:
    answer = await http.get(HISTORY, params=query, headers=house.headers())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def with_rules(house: House) -> None:
    text = house.path.read_text()
    second = text.index("[[tenants]]", 20)
    house.path.write_text(text[:second] + TABLES + text[second:])


async def test_rules_are_told_with_their_state_and_figures(
    http: httpx.AsyncClient, house: House, redis_url: str
) -> None:
    with_rules(house)
    path = f"{HISTORY}/rules"
    before = (await http.get(path, headers=house.headers())).json()
    assert before["evaluating"] is False
    assert [(rule["id"], rule["state"], rule["on"]) for rule in before["rules"]] == [
        ("turns", "waiting", 0), ("quiet", "waiting", 0),
    ]  # fmt: skip
    steps = [happen(1, "raised", "LAMP-7"), happen(2, "raised", "KETTLE", name="Kettle")]
    await write(redis_url, "shop", steps, [looked("LAMP-7", "NOT-ON")])
    client = connect(redis_url)
    lease = Lease(client)
    assert await lease.hold()
    answer = await http.get(path, headers=house.headers())
    assert "T0KEN" not in answer.text
    assert answer.json()["evaluating"] is True
    turns, quiet = answer.json()["rules"]
    assert (turns["state"], turns["on"], turns["watched"], turns["webhooks"]) == ("on", 2, 42, ["ops"])
    assert (turns["threshold"], turns["clear"], turns["direction"], turns["note"]) == (0.0, 0.1, None, "Call.")
    figures = {figure["product_id"]: (figure["value"], figure["why"]) for figure in turns["figures"]}
    assert figures == {"LAMP-7": (-0.7, "still because"), "KETTLE": (-0.5, "because of 2")}
    assert (quiet["state"], quiet["threshold"], quiet["clear"], quiet["figures"]) == ("waiting", None, None, [])
    await lease.release()
    await client.aclose()


async def test_the_examples_are_answers_of_the_code(http: httpx.AsyncClient, house: House) -> None:
    document = (await http.get("/openapi.json")).json()
    for path, example in (("alerts", alert_examples.alerts()), ("alerts/rules", alert_examples.rules())):
        operation = document["paths"][f"/v1/tenants/{{tenant}}/{path}"]["get"]
        shown = operation["responses"]["200"]["content"]["application/json"]["example"]
        for many, name in (("events", "why"), ("rules", "id")):
            assert [one[name] for one in shown.get(many, [])] == [one[name] for one in example.get(many, [])]
    (event,) = alert_examples.alerts()["events"]
    assert event["interval"][1] < event["threshold"]
    (rule,) = alert_examples.rules()["rules"]
    assert (rule["state"], rule["on"], rule["figures"][0]["raised_ms"]) == ("on", 1, event["at_ms"])


@pytest.fixture
async def url(config: ApiConfig, filler: Filler) -> AsyncIterator[str]:
    async with served(config) as url:
        yield url


async def test_the_live_stream_tells_of_alerts_as_they_happen_and_not_of_old_ones(
    url: str, house: House, redis_url: str
) -> None:
    await write(redis_url, "shop", [happen(1, "raised", "OLD")])
    async with watching(url, house.headers()) as stream:
        await next_event(stream, "summary")
        await write(redis_url, "bank", [happen(2, "raised", "GIRO")])
        await write(
            redis_url, "shop", [happen(3, "raised", "LAMP-7", name="Desk lamp"), happen(4, "cleared", "LAMP-7")]
        )
        told = [await next_event(stream, "alert") for _ in range(2)]
    assert [(event.data["id"], event.data["event"], event.data["product_name"]) for event in told] == [
        ("e3", "raised", "Desk lamp"), ("e4", "cleared", None),
    ]  # fmt: skip
    assert told[0].id is None


async def test_who_comes_back_is_told_of_alerts_meanwhile(url: str, house: House, redis_url: str) -> None:
    await write(redis_url, "shop", [happen(1, "raised", "LAMP-7")])
    async with watching(url, {**house.headers(), "Last-Event-ID": "1716206400000-0"}) as stream:
        assert (await next_event(stream, "alert")).data["id"] == "e1"
