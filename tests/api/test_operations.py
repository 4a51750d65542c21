"""Health, readiness, metrics, and what every answer carries."""

import dataclasses
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from api.clock import now_ms
from api.config import ApiConfig
from api.http.guard import SECURITY_HEADERS
from stream.store.reader import Store
from stream.store.state import WorkerStatus
from stream.tenants import TenantsFileError
from tests.api.conftest import connected
from tests.api.filling import Filler, House
from tests.services import free_port


@pytest.fixture
def stranded(config: ApiConfig) -> ApiConfig:
    """An API without any server."""
    return dataclasses.replace(config, redis_url=f"redis://127.0.0.1:{free_port()}/0", publish_timeout_seconds=0.5)


async def test_it_is_alive_whatever_is_missing(stranded: ApiConfig) -> None:
    async with connected(stranded) as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_it_says_what_it_misses(stranded: ApiConfig, house: House) -> None:
    async with connected(stranded) as http:
        house.path.unlink()
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert [missing["part"] for missing in answer.json()["missing"]] == ["redis", "kafka", "worker", "tenants file"]
    assert answer.json()["detail"] == "Not ready, missing: redis, kafka, worker, tenants file."


async def test_it_is_ready_when_all_is_there(config: ApiConfig, kafka_address: str, filler: Filler) -> None:
    async with connected(dataclasses.replace(config, kafka_bootstrap_servers=kafka_address)) as http:
        assert [m["part"] for m in (await http.get("/readyz")).json()["missing"]] == ["worker"]
        await filler.heartbeat(WorkerStatus("w1", "CPU", {}, 0.0, 0, [], now_ms()))
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_it_says_what_holds_a_worker_up(config: ApiConfig, kafka_address: str, filler: Filler) -> None:
    async with connected(dataclasses.replace(config, kafka_bootstrap_servers=kafka_address)) as http:
        reason = "holding a batch back for 9 s: 3 of 3 dead letters were not acknowledged"
        await filler.heartbeat(WorkerStatus("w1", "CPU", {}, 0.0, 0, [], now_ms(), held_up=reason))
        await filler.heartbeat(WorkerStatus("w2", "CPU", {}, 0.0, 0, [], now_ms()))
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["missing"] == [{"part": "worker", "reason": f"1 of 2 held up. w1: {reason}"}]


async def test_what_is_wrong_with_the_tenants_file_is_not_told_to_strangers(config: ApiConfig, house: House) -> None:
    async with connected(config) as http:
        house.path.write_text(house.path.read_text() + '[[tenants]]\nid = "bank"\nname = "River Bank"\nnote = "VIP"\n')
        with capture_logs() as logs:
            answer = await http.get("/readyz")
    (refused,) = [entry for entry in logs if "tenants file is refused" in entry["event"]]
    assert "tenants[2].note" in refused["error"]
    (missing,) = [one["reason"] for one in answer.json()["missing"] if one["part"] == "tenants file"]
    assert "aura tenants check" in missing
    for hidden in ("bank", "Bank", "VIP", "note", str(house.path.parent)):
        assert hidden not in answer.text, hidden


@pytest.mark.parametrize(
    "path", ["/summary", "/products", "/products/LAMP-7", "/timeline", "/products/LAMP-7/timeline",
             "/products/LAMP-7/reviews"],
)  # fmt: skip
async def test_without_redis_the_client_is_told_to_come_back(stranded: ApiConfig, house: House, path: str) -> None:
    async with connected(stranded) as http:
        answer = await http.get("/v1/tenants/shop" + path, headers=house.headers())
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:aura:problem:unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "redis" not in answer.text.lower()


async def test_metrics_name_routes_not_paths(http: httpx.AsyncClient, house: House) -> None:
    await http.get("/v1/tenants/shop/products/LAMP-7", headers=house.headers())
    await http.get("/v1/tenants/shop/summary", headers=house.headers())
    await http.get("/wp-login.php")
    await http.request("BREW", "/coffee")
    text = (await http.get("/metrics")).text
    product = 'method="GET",route="/v1/tenants/{tenant}/products/{product_id}"'
    assert f'aura_api_requests_total{{{product},status="404"}} 1.0' in text
    assert f"aura_api_response_seconds_count{{{product}}} 1.0" in text
    assert 'aura_api_requests_total{method="GET",route="(none)",status="404"} 1.0' in text
    assert 'aura_api_requests_total{method="other",route="(none)",status="404"} 1.0' in text
    for hidden in ("LAMP-7", "wp-login", "shop", "BREW"):
        assert hidden not in text


@pytest.mark.parametrize("path", ["/healthz", "/v1/me", "/nowhere", "/openapi.json", "/"])
async def test_every_answer_has_the_security_headers(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"Origin": "https://elsewhere.example"})
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")


async def test_a_tenants_numbers_are_not_cached_on_the_way(http: httpx.AsyncClient, house: House) -> None:
    answer = await http.get("/v1/tenants/shop/summary", headers=house.headers())
    assert answer.headers["cache-control"] == "private, no-cache"
    answer = await http.get("/v1/tenants/bank/summary", headers=house.headers())
    assert (answer.status_code, answer.headers["cache-control"]) == (403, "no-store")


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/v1/tenants/shop/nowhere", 404, "not-found"),
        ("GET", "/static/../../pyproject.toml", 404, "not-found"),
        ("GET", "/static/nowhere.js", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("DELETE", "/v1/tenants/shop/summary", 405, "method-not-allowed"),
        ("GET", "/v1/tenants/shop/classify", 405, "method-not-allowed"),
        ("POST", "/static/app.js", 405, "method-not-allowed"),
    ],
)
async def test_every_error_is_a_problem(
    http: httpx.AsyncClient, method: str, path: str, status: int, kind: str
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem == {
        "type": f"urn:aura:problem:{kind}", "title": problem["title"], "status": status, "detail": problem["detail"],
        "instance": httpx.URL(f"http://aura{path}").path,
    }  # fmt: skip


async def test_an_unforeseen_error_shows_nothing_of_our_insides(
    http: httpx.AsyncClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Store, tenant: str) -> int:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(Store, "now", broken)
    with capture_logs() as logs:
        answer = await http.get("/v1/tenants/shop/summary", headers=house.headers())
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:aura:problem:internal")
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["request failed"]
    assert "secret" not in answer.text
    assert 'summary",status="500"} 1.0' in (await http.get("/metrics")).text


async def test_a_request_is_logged_without_its_query_and_headers(
    http: httpx.AsyncClient, house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    await http.get("/v1/tenants/shop/summary", params={"at": "5", "token": "in-query"}, headers=house.headers())
    logged = "".join(capfd.readouterr())
    key = house.keys["shop", "read"]
    assert "/v1/tenants/shop/summary" in logged
    assert key.split("_")[1] in logged
    assert "in-query" not in logged
    assert key.split("_")[2] not in logged


async def test_the_page_and_its_files_come_from_here_and_are_asked_for_again(http: httpx.AsyncClient) -> None:
    page = await http.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    again = await http.get("/static/index.html", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


async def test_a_tenants_file_that_is_not_valid_stops_the_start(config: ApiConfig, tmp_path: Path) -> None:
    with pytest.raises(TenantsFileError, match="cannot be read"):
        async with connected(dataclasses.replace(config, tenants_file=tmp_path / "none.toml")):
            pass
