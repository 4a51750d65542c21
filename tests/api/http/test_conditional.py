"""What a client has already is not sent again."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.clock import now_ms
from api.http.conditional import matches, tag
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import MINUTE_MS
from stream.store.reader import Store
from tests.api.filling import Filler, House

PATH = "/v1/tenants/shop"
NOON = 1_716_206_400_000


def review(number: int, product: str = "LAMP-7") -> Scored:
    event = ReviewEvent(f"e{number}", "shop", product, 'He said "at_ms":1 to me.', now_ms(), rating=5)
    return Scored(event, 900_000, now_ms())


def at(ms: int) -> bytes:
    return b'{"window":"1h","at_ms":%d,"text":"\\"at_ms\\":7"}' % ms


def test_a_tag_is_the_same_within_a_minute_and_no_longer() -> None:
    assert tag(at(NOON)) == tag(at(NOON + MINUTE_MS - 1)) != tag(at(NOON + MINUTE_MS))


@given(st.binary(), st.binary())
def test_different_answers_have_different_tags(one: bytes, other: bytes) -> None:
    assert (tag(b'{"text":"%b"}' % one) == tag(b'{"text":"%b"}' % other)) == (one == other)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ('W/"a"', True), ('"a"', True), ('"b", W/"a"', True), ('"b","a" , "c"', True), ("*", True), (" * ", True),
        ("", False), ("a", False), ('"b"', False), ('W/"A"', False), ('"b" "*"', False), ("**", False), ('"', False),
        ('"a', False), ('"x,a,y"', False),
    ],
)  # fmt: skip
def test_tags_are_found_in_lists_strong_or_weak(asked: str, found: bool) -> None:
    assert matches(asked, 'W/"a"') == found


@pytest.mark.parametrize(
    "path", ["/v1/me", f"{PATH}/products/LAMP-7?at={NOON}", f"{PATH}/timeline?to={NOON}", f"{PATH}/summary?at={NOON}"]
)
async def test_a_copy_holds_until_something_is_counted(
    http: httpx.AsyncClient, house: House, filler: Filler, path: str
) -> None:
    await filler.put([review(1)])
    first = await http.get(path, headers=house.headers())
    assert (first.status_code, first.headers["vary"]) == (200, "X-API-Key, Authorization")
    headers = {**house.headers(), "If-None-Match": f'"other", {first.headers["etag"]}'}
    again = await http.get(path, headers=headers)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["cache-control"] == "private, no-cache"
    assert "content-type" not in again.headers
    assert "content-security-policy" in again.headers
    await filler.put([review(2)])
    assert (await http.get(path, headers=headers)).status_code == (
        304 if path.startswith(("/v1/me", f"{PATH}/timel")) else 200
    )


async def test_a_page_with_a_next_one_stays_the_same_for_a_minute(
    http: httpx.AsyncClient, house: House, filler: Filler, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filler.put([review(1), review(2, "KETTLE")])
    begin = now_ms() // MINUTE_MS * MINUTE_MS
    clock = iter((begin + 5, begin + 59_000))

    async def now(self: Store, tenant: str) -> int:
        return next(clock)

    monkeypatch.setattr(Store, "now", now)
    query = {"limit": "1", "window": "7d"}
    first = await http.get(f"{PATH}/products", params=query, headers=house.headers())
    assert first.json()["next_cursor"]
    headers = {**house.headers(), "If-None-Match": first.headers["etag"]}
    assert (await http.get(f"{PATH}/products", params=query, headers=headers)).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"), [("/live", 401), ("/nowhere", 404), ("/products/NONE", 404), ("/export/products", 200)]
)
async def test_only_json_answers_have_a_tag(http: httpx.AsyncClient, house: House, path: str, status: int) -> None:
    headers = {} if status == 401 else house.headers()
    answer = await http.get(PATH + path, headers={**headers, "If-None-Match": "*"})
    assert (answer.status_code, answer.headers.get("etag")) == (status, None)
    assert answer.headers["cache-control"] == "no-store"
