"""The state is the fold of the log, in whatever order it arrives and however it is cut into runs: on a real Redis."""

import asyncio
import os
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.fold import Keep, Scored
from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS
from stream.pipeline import Pipeline
from stream.record import Run, TopicPartition
from stream.scoring import House, Processed
from stream.store import keys
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter
from tests.services import start_redis
from tests.stream.samples import FakeRecord, WordClassifier, scored
from tests.stream.test_pipeline import MemoryLetters

NOW = time.time_ns() // 1_000_000 // MINUTE_MS * MINUTE_MS
SHARDS = 2
HOUSES = {
    "shop": House("words", Keep(4, 7 * DAY_MS), HOUR_MS),
    "bank": House("words", Keep(50, 7 * DAY_MS), 0),
}
MODELS: Any = {"words": WordClassifier()}

LOGGED = (0, 5, HOUR_MS, 30 * HOUR_MS, 3 * DAY_MS, 100 * DAY_MS, 800 * DAY_MS)
"""How long ago the log took a review: within the life of each kind of bucket, and beyond; far from every edge."""
LAGS = (-5 * MINUTE_MS, 0, 1, HOUR_MS, 47 * HOUR_MS, 3 * DAY_MS, 100 * DAY_MS, 3_650 * DAY_MS)
"""How long before that it was written: in time, a little ahead, late, very late."""


@st.composite
def reviews(draw: st.DrawFn) -> Scored:
    logged_ms = NOW - draw(st.sampled_from(LOGGED))
    return scored(
        draw(st.integers(0, 9)),
        draw(st.sampled_from([0.0, 0.4999996, 0.5, 0.9, 1.0])),
        logged_ms,
        tenant=draw(st.sampled_from(["shop", "bank"])),
        product_id=draw(st.sampled_from(["kettle", "loan", "\u00e9\U0001f600"])),
        occurred_at=logged_ms - draw(st.sampled_from(LAGS)),
        rating=draw(st.sampled_from([None, 1, 3, 4, 5])),
        product_name=draw(st.sampled_from([None, "kettle", "Kettle", "K\u00e9ttle", "_"])),
        brand=draw(st.sampled_from([None, "a", "B"])),
    )


State = dict[str, object]


def partition_of(review: Scored) -> int:
    """As Kafka's partitioner: one product, one partition."""
    return sum(review.event.key) % 3


async def state_of(url: str, runs: Sequence[tuple[int, Sequence[Scored]]]) -> State:
    """Apply (partition, reviews) one after the other to an empty store; everything that it holds then, but for what is
    ordered by arrival across products (the live stream)."""
    client: Any = connect(url)
    try:
        await client.flushall()
        writer = StoreWriter(client, await open_store(client, SHARDS))
        pipe = Pipeline(HOUSES, MODELS, writer, MemoryLetters())
        fences = {partition: [-1] * SHARDS for partition in range(3)}
        for partition, part in runs:
            first = fences[partition][0] + 1
            records = [FakeRecord(first + i, b"", review.logged_ms) for i, review in enumerate(part)]
            run = Run.of(TopicPartition("aura.reviews", partition), 1, records)
            applied = Processed(run, [(first + i, review) for i, review in enumerate(part)])
            await pipe.apply(applied, fences[partition])
        state: State = {}
        for key in await client.keys("aura:{*"):
            name = key.decode()
            match (await client.type(key)).decode(), name.split(":")[2]:
                case "hash", "e":
                    fields = await client.hgetall(key)
                    profile = fields.get(b"q"), fields.get(b"p")
                    state[name] = (keys.counters(fields[b"t"]), *profile)
                case "string", ("m" | "h" | "d"):
                    state[name] = (await client.get(key))[
                        3:
                    ]  # without when it ends, which may differ as it may in Redis
                case "zset", "i":
                    state[name] = await client.zrange(key, 0, -1, withscores=True)
                case "list", "r":
                    state[name] = await client.lrange(key, 0, -1)
                case "hash", "fence":
                    state[name] = await client.hgetall(key)
        return state
    finally:
        await client.aclose()


def cut(chance: random.Random, log: Sequence[Scored]) -> list[list[Scored]]:
    """Into runs of any length."""
    ends = sorted(chance.sample(range(1, len(log)), chance.randrange(len(log)))) if log else []
    return [list(log[first:end]) for first, end in zip([0, *ends], [*ends, len(log)], strict=True) if end > first]


def interleaved(chance: random.Random, partitions: dict[int, list[list[Scored]]]) -> list[tuple[int, list[Scored]]]:
    """The runs of each partition in their order, those of different partitions in any."""
    order = [partition for partition, runs in partitions.items() for _ in runs]
    chance.shuffle(order)
    left = {partition: iter(runs) for partition, runs in partitions.items()}
    return [(partition, next(left[partition])) for partition in order]


@settings(max_examples=40)
@given(st.lists(reviews(), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_any_interleaving_of_partitions_and_any_cut_into_runs_give_the_same_state(
    redis_url: str, log: list[Scored], chance: random.Random
) -> None:
    partitions: dict[int, list[Scored]] = {}
    for review in log:
        partitions.setdefault(partition_of(review), []).append(review)
    whole = asyncio.run(state_of(redis_url, list(partitions.items())))
    for _ in range(2):
        runs = interleaved(chance, {partition: cut(chance, part) for partition, part in partitions.items()})
        assert asyncio.run(state_of(redis_url, runs)) == whole


def without_arrival(state: State) -> State:
    """What does not depend on the order of a product's reviews: all but the list of the last that arrived."""
    return {name: value for name, value in state.items() if name.split(":")[2] != "r"}


@settings(max_examples=40)
@given(st.lists(reviews(), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_counts_names_and_times(
    redis_url: str, log: list[Scored], chance: random.Random
) -> None:
    # Each event once: of two with one id the first to arrive counts.
    log = [Scored(msgspec.structs.replace(review.event, event_id=f"e{i}"), *review[1:]) for i, review in enumerate(log)]
    whole = without_arrival(asyncio.run(state_of(redis_url, [(0, log)])))
    chance.shuffle(log)
    assert without_arrival(asyncio.run(state_of(redis_url, [(0, run) for run in cut(chance, log)]))) == whole


LOCALE = """\
LC_CTYPE
copy "POSIX"
END LC_CTYPE
LC_COLLATE
order_start forward
<U006B>
<U004B>
UNDEFINED
order_end
END LC_COLLATE
"""
"""A locale in which k comes before K; in bytes, and in Python, it comes after it."""


def test_the_order_of_names_does_not_depend_on_the_locale_of_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_text(LOCALE)
    # Other categories are missing, which it warns of and ends with 1; the locale is there all the same.
    command = ["localedef", "-c", "-i", str(tmp_path / "source"), "-f", "ANSI_X3.4-1968", str(tmp_path / "xx_XX")]
    if not shutil.which("localedef") or subprocess.run(command, capture_output=True, check=False).returncode > 1:
        pytest.skip("this machine cannot make a locale")
    monkeypatch.setitem(os.environ, "LOCPATH", str(tmp_path))
    monkeypatch.setitem(os.environ, "LC_ALL", "xx_XX")
    named = [
        scored(i, logged_ms=NOW, occurred_at=NOW, product_name=name) for i, name in enumerate(["kettle", "Kettle"])
    ]
    with start_redis(tmp_path) as url:
        with redis.Redis.from_url(url) as client:
            assert client.eval("return {'k' < 'K' and 1 or 0}", 0) == [1], "redis-server does not use the locale"
        states = [
            asyncio.run(state_of(url, runs))
            for runs in ([(0, named)], [(0, named[:1]), (0, named[1:])], [(0, named[1:]), (0, named[:1])])
        ]
    assert without_arrival(states[0]) == without_arrival(states[1]) == without_arrival(states[2])
