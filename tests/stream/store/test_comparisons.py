"""What shadows said, in real Redis servers."""

from typing import Any

from stream.comparison import SHOWN, compare
from stream.fold import Keep, Scored
from stream.measures import DAY_MS
from stream.store import comparisons, keys
from stream.store.comparisons import KEPT_MS
from stream.store.connection import Client
from tests.stream.samples import NOON_MS, scored

BOTH = ("a@000000000001", "b@000000000002")
KEEP = Keep(30, DAY_MS)


async def add(
    client: Client, reviews: list[Scored], *, keep: Keep = KEEP, now_ms: int = NOON_MS, both: tuple[str, str] = BOTH
) -> None:
    """The shadow calls every review bad."""
    await comparisons.add(client, "shop", both, compare(reviews, [0] * len(reviews)), keep, now_ms)


async def kept(client: Client, since_ms: int = 0) -> list[str]:
    pair = comparisons.pair_of(*BOTH)
    return [one.event_id for one in await comparisons.disagreements(client, "shop", pair, since_ms, SHOWN)]


async def test_counts_add_up_and_each_pair_has_its_own(client: Client) -> None:
    await add(client, [scored(1, rating=5)])
    await add(client, [scored(2), scored(3, p_good=0.1)], now_ms=NOON_MS + 7)
    await add(client, [scored(4)], both=BOTH[::-1], now_ms=NOON_MS + 9)
    other, found = await comparisons.read(client, "shop")
    assert (other.active, other.shadow, other.tally.scored) == (*BOTH[::-1], 1)
    assert (found.active, found.shadow, found.since_ms, found.until_ms) == (*BOTH, NOON_MS, NOON_MS + 7)
    tally = found.tally
    assert (tally.scored, tally.only_active_good, tally.both_bad, tally.only_active_right) == (3, 2, 1, 1)
    assert (tally.difference, tally.distance) == (-1_900_000, 1_900_000)
    assert await comparisons.read(client, "bank") == []


async def test_texts_stay_as_long_and_as_many_as_the_tenant_allows(client: Client) -> None:
    await add(client, [scored(n, logged_ms=NOON_MS + n) for n in range(40)], now_ms=NOON_MS + 40)
    assert await kept(client) == [f"e{n}" for n in range(39, 9, -1)]
    assert await kept(client, since_ms=NOON_MS + 38) == ["e39", "e38"]
    key: Any = keys.disagreements_key("shop", comparisons.pair_of(*BOTH))
    assert 0 < await client.pttl(key) <= KEEP.ms
    await add(client, [scored(50, logged_ms=NOON_MS + KEEP.ms + 30)], now_ms=NOON_MS + KEEP.ms + 30)
    assert await kept(client) == ["e50", *(f"e{n}" for n in range(39, 30, -1))]
    await add(client, [scored(60, logged_ms=NOON_MS + KEEP.ms + 40)], keep=Keep(0, KEEP.ms), now_ms=NOON_MS + KEEP.ms)
    assert await kept(client) == [], "the tenant keeps none any more"


async def test_a_pair_is_forgotten_after_its_time(client: Client) -> None:
    await add(client, [scored(1)])
    await add(client, [scored(1)], both=BOTH[::-1], now_ms=NOON_MS + KEPT_MS + 1)
    (left,) = await comparisons.read(client, "shop")
    assert left.active == BOTH[1]
    assert 0 < await client.pttl(keys.comparison_key("shop", left.pair)) <= KEPT_MS
