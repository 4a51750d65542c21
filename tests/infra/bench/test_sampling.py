import asyncio
import inspect
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from redis import Redis

from infra.bench.sampling import KINDS, Sampler
from stream.alerts.book import Lease
from stream.comparison import compare
from stream.drivers.sampler import Sampler as Drawn
from stream.duplicates import claims
from stream.fold import Keep, fold
from stream.measures import DAY_MS
from stream.record import Stretch
from stream.store import begun, keys, origin
from stream.store.connection import connect, open_store
from stream.store.state import WorkerStatus
from stream.store.writer import StoreWriter
from tests.stream.samples import TP, scored

RATE = 2_000


class Server:
    """A Redis that has a size, and the numbers of reviews at the two ends of the pipeline."""

    def __init__(self) -> None:
        self.delivered = 0
        self.applied = 0
        self.sampler = Sampler({}, cast(Redis, self), lambda: self.delivered, lambda: self.applied)

    def info(self, section: str) -> dict[str, Any]:
        return {"used_memory": 0}

    def at(self, second: float, behind: int) -> None:
        self.delivered = int(second * RATE)
        self.applied = self.delivered - behind


def test_the_lag_in_seconds_is_not_the_distance_of_samples() -> None:
    server = Server()
    for second in range(5, 60, 5):
        server.at(second, 100)
        sample = server.sampler.take(second, kinds=False)
        assert sample.lag_records == 100
        assert sample.lag_seconds == pytest.approx(100 / RATE)


def test_the_lag_may_reach_back_over_many_samples() -> None:
    server = Server()
    for second in range(5, 60, 5):
        server.at(second, second * RATE - 6_000)  # after three seconds nothing more was applied
        sample = server.sampler.take(second, kinds=False)
        assert sample.lag_seconds == pytest.approx(second - 3)


def test_a_stall_between_two_samples_is_in_the_later_one_only() -> None:
    server = Server()
    found = []
    for quarter in range(1, 61):
        second = quarter / 4
        server.at(second, 3_000 if second == 7.25 else 0)
        server.sampler.watch(second)
        if second % 5 == 0:
            sample = server.sampler.take(second, kinds=False)
            found.append((sample.lag_records, sample.lag_seconds))
    assert [records for records, _ in found] == [0, 3_000, 0]
    assert [seconds for _, seconds in found] == pytest.approx([0, 1.5, 0])


def test_every_kind_of_key_that_the_store_names_has_a_name_in_the_report() -> None:
    functions = [one for name, one in vars(keys).items() if name.endswith("_key")]
    of_functions = {keys.kind(key.encode()) for function in functions for key in made_by(function)}
    of_constants = {keys.kind(key.encode()) for name, key in vars(keys).items() if name.endswith("_KEY")}
    scripts = "".join(path.read_text() for path in Path(keys.__file__).parent.glob("*.lua"))
    of_scripts = {one or other for one, other in re.findall(r"prefix \.\. '(\w+)|'%s(\w+):", scripts)}
    assert {"e", "m", "fence"} <= of_functions
    assert {"store", "lost"} <= of_constants
    assert {"e", "x", "seen"} <= of_scripts
    assert of_functions | of_constants | of_scripts == set(KINDS)


def made_by(function: Callable[..., str]) -> list[str]:
    """A key of each kind that a function of the store makes."""
    given = {
        "shard": 3,
        "tenant": "shop",
        "name": "shop/kettle",
        "number": 7,
        "pair": "0",
        "worker": "w",
        "model": "a@0",
        "what": "on",
    }
    wanted = inspect.signature(function).parameters
    return [function(*((given | {"step": step})[name] for name in wanted)) for step in keys.STEP_LETTER]


def test_what_fills_a_store_is_told_by_kind(redis_url: str) -> None:
    asyncio.run(fill(redis_url))
    with Redis.from_url(redis_url) as client:
        found = Sampler({}, client, lambda: 0, lambda: 0).take(0, kinds=True).redis_kinds
        assert {keys.kind(cast(bytes, key)) for key in client.scan_iter()} == set(KINDS)
    assert set(found) == set(KINDS.values())
    assert all(weight > 0 for weight in found.values())


async def fill(url: str) -> None:
    """Write whatever a store holds, once."""
    client = connect(url)
    now_ms, keep = time.time_ns() // 1_000_000, Keep(5, DAY_MS)
    reviews = [scored(number, logged_ms=now_ms, occurred_at=now_ms) for number in range(2)]
    writer = StoreWriter(client, await open_store(client, 1))
    token = await writer.claim(TP)
    found, _ = claims(reviews, lambda _: DAY_MS)
    increments = fold(reviews, lambda _: keep, now_ms)
    increments.offers = Drawn(1).offers(TP, reviews, range(2), lambda _: keep, now_ms)
    packed = writer.pack(increments, {"shop": keep}, now_ms, found, {"shop": "a@0"})
    applied = await writer.apply(*TP, {0: (-1, 1, packed)}, now_ms, token)
    assert applied[0].outcome == "applied"
    await writer.heartbeat(WorkerStatus("w", "test", {}, 0.0, 0, [], now_ms))
    await writer.remember_lost(TP, [Stretch(5, 9)], now_ms)
    await writer.compared("shop", ("a@0", "b@0"), compare(reviews, [0, 0]), keep)
    await origin.keep(client, TP.topic, "an id")
    assert await Lease(client).hold()
    await begun.write(client, 1, TP.topic, {0: -1})
    await client.aclose()
