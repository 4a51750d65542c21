"""A Redis that dies, falls asleep, forgets, and goes back in time."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.faults.log import ends
from tests.faults.stage import Scene, Stage
from tests.system.programs import eventually

FULL_REVIEWS = 200_000
GO_ON_RATE = 800.0

AWAY_SECONDS = 30.0
HELD_BACK = 250_000
STEADY = 20_000
"""Reviews applied before memory is looked at: libraries are loaded, pools and caches filled."""

STEADY_SECONDS = 5.0
BACKLOG = 120_000
"""Reviews that wait in Kafka when Redis comes back, at least: 60,000 for each of two workers."""

GROWTH_MIB = 25.0
"""What a worker may take more while it holds back, above its peak while it was busy. Measured: 0 to 1 MiB in 30 s
with 203,000 to 258,000 reviews waiting. One that read on would take 726 bytes a review (tracemalloc, aiokafka's record
of the reviews here), 42 MiB for its share of :data:`BACKLOG`."""

log = logging.getLogger("faults")


@contextmanager
def busy(stage: Stage, name: str, reviews: int = FULL_REVIEWS) -> Iterator[Scene]:
    """Two workers in the middle of a backlog that never quite ends."""
    with stage.scene(name) as scene:
        scene.pool.start(2)
        scene.traffic.begin(reviews, then_rate=GO_ON_RATE)
        scene.await_workers(2)
        yield scene
        scene.traffic.end()


@pytest.mark.full
def test_redis_killed(stage: Stage) -> None:
    with busy(stage, "Redis killed") as scene:
        for kill in range(5):
            scene.wait(2, 5)
            if kill % 2:
                scene.redis.cut_power()
                scene.struck("Redis killed, its last second lost")
            else:
                scene.redis.kill()
                scene.struck("Redis killed")
            scene.wait(0.5, 3)
            scene.redis.start()


@pytest.mark.full
@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_redis_away_for_long(stage: Stage, killed: bool) -> None:
    name = f"Redis {'killed and ' if killed else 'stopped, '}away for 30 s"
    with busy(stage, name, HELD_BACK) as scene, scene.system.api():
        eventually(lambda: ready(scene) == (200, set()), 60, "the API is ready")
        scene.await_applied(STEADY)
        scene.pool.peak_mib = 0.0
        scene.wait(STEADY_SECONDS)
        before = scene.pool.peak_mib
        applied = scene.applied()
        if killed:
            scene.redis.kill()
            be_away(scene)
            scene.redis.start()
        else:
            with scene.redis.frozen():
                be_away(scene)
        grown = scene.pool.peak_mib - before
        waiting = sum(ends(scene.system.kafka, scene.system.topic).values()) - applied
        log.info("%.0f MiB while busy, %.0f MiB more while holding back %d reviews", before, grown, waiting)
        assert waiting > BACKLOG, "too few reviews waited: holding them in memory would not have shown"
        assert grown < GROWTH_MIB, f"a worker took {grown:.0f} MiB more while it held back"
        eventually(lambda: ready(scene) == (200, set()), 60, "the API is ready again")


def be_away(scene: Scene) -> None:
    """What must be seen while Redis does not answer."""
    scene.struck("Redis away for 30 s")
    eventually(lambda: ready(scene) == (503, {"redis", "worker"}), 15, "the API says that Redis is missing")
    scene.wait(AWAY_SECONDS)
    assert ready(scene) == (503, {"redis", "worker"})
    for worker in scene.pool.alive:
        assert "holding a batch back" in worker.log, "a worker does not say that it holds back"


def ready(scene: Scene) -> tuple[int, set[str]]:
    """What the API's readiness says is missing."""
    answer = httpx.get(f"{scene.system.address}/readyz", timeout=20)
    return answer.status_code, {one["part"] for one in answer.json().get("missing", [])}


@pytest.mark.full
def test_redis_emptied_in_the_middle(stage: Stage) -> None:
    with busy(stage, "Redis emptied") as scene:
        for _ in range(3):
            scene.await_applied(scene.dice.randrange(20_000, 120_000), 300)
            scene.redis.flush()
            scene.struck("FLUSHALL")


@pytest.mark.full
def test_redis_set_back_to_an_older_snapshot(stage: Stage) -> None:
    with busy(stage, "Redis restored from an older snapshot") as scene:
        for number in range(3):
            backup = stage.folder / f"backup-{number}"
            scene.await_applied(20_000 + 30_000 * number, 300)
            scene.redis.copy(backup)
            copied = time.monotonic()
            scene.await_applied(20_000 + 30_000 * number + scene.dice.randrange(20_000, 80_000), 300)
            scene.redis.kill()
            scene.redis.restore(backup)
            scene.struck("older snapshots restored")
            scene.struck("seconds that they were old", round(time.monotonic() - copied))
