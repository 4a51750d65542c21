"""Workers that die, come and go, and fall asleep."""

import time
from collections.abc import Callable

import pytest

from stream.faust_app import SESSION_SECONDS
from stream.runner import HOLDING_BACK
from tests.faults.stage import Scene, Stage
from tests.faults.workers import Worker

FULL_REVIEWS = 200_000
GO_ON_RATE = 800.0
"""Reviews a second after the first flood, so that no fault strikes workers that have nothing to do."""

MOST_SLEEPS = 24
"""Kafka and the late write race when a worker wakes up: of thirty (README.md) five were late; of twelve, none."""

HOLDS_SECONDS = 20.0
"""Until a worker that writes has noticed that Redis is away."""

MOST_TRIES = 5


@pytest.mark.full
@pytest.mark.parametrize("workers", [2, 4])
def test_workers_killed_again_and_again(stage: Stage, workers: int) -> None:
    with stage.scene(f"{workers} workers, one killed 1-3 s after one is at work") as scene:
        scene.pool.start(workers)
        scene.traffic.begin(FULL_REVIEWS, then_rate=GO_ON_RATE)
        started = time.monotonic()
        for _ in range(20):
            scene.wait(1, 3)
            scene.await_workers()
            scene.pool.kill(scene.pool.pick())
            scene.struck("workers killed")
            scene.pool.start()
        scene.struck("seconds of killing", round(time.monotonic() - started))
        scene.traffic.end()


@pytest.mark.full
def test_workers_join_and_leave_all_the_time(stage: Stage) -> None:
    with stage.scene("workers join and leave") as scene:
        scene.pool.start(2)
        scene.traffic.begin(FULL_REVIEWS, then_rate=GO_ON_RATE)
        for _ in range(20):
            scene.await_workers()
            scene.wait(1, 4)
            if len(scene.pool.alive) < 4 and (len(scene.pool.at_work) < 2 or scene.dice.random() < 0.5):
                scene.pool.start()
                scene.struck("workers joined")
            elif scene.dice.random() < 0.5:
                scene.pool.leave(scene.pool.pick())
                scene.struck("workers left")
            else:
                scene.pool.kill(scene.pool.pick())
                scene.struck("workers killed")
            if not scene.pool.alive:
                scene.pool.start()
        scene.traffic.end()


def without_redis_some_hold_a_batch(scene: Scene) -> list[Worker]:
    """Kill Redis while workers write; returns those that then have a batch in their hands, if there are any."""
    scene.await_workers(2)
    scene.await_applied(scene.applied() + 1)
    held = f'"{HOLDING_BACK}"'
    until_now = {worker.pid: worker.log.count(held) for worker in scene.pool.at_work}
    scene.redis.kill()
    deadline = time.monotonic() + HOLDS_SECONDS
    found: list[Worker] = []
    while not found and time.monotonic() < deadline:
        time.sleep(0.05)
        found = [worker for worker in scene.pool.at_work if worker.log.count(held) > until_now.get(worker.pid, 0)]
    return found


def sleep_past_the_session(scene: Scene) -> Callable[[], int]:
    """Freeze a worker with a batch in its hands until Kafka has given its partitions away, and let it go on.

    Returns what tells how many late writes of it the store has refused since.

    Redis is killed for it, for a moment: a worker that could not write tries again as soon as it wakes up, and before
    Kafka tells it what has happened. Else it is chance whether a late write comes at all.
    """
    for _ in range(MOST_TRIES):
        if holding := without_redis_some_hold_a_batch(scene):
            break
        scene.redis.start()  # just then all were being given partitions, which also takes Redis
    else:
        pytest.fail("no worker holds a batch back")
    sleeper = scene.dice.choice(holding)
    sleeper.look()
    before_it_slept = sleeper.deposed
    scene.pool.freeze(sleeper)
    scene.redis.start()
    scene.struck("workers stopped past their session")
    scene.wait(SESSION_SECONDS + 3)
    scene.pool.thaw(sleeper)

    def refused() -> int:
        sleeper.look()
        return sleeper.deposed - before_it_slept

    return refused


@pytest.mark.full
def test_the_late_writes_of_a_worker_thought_dead_are_refused(stage: Stage) -> None:
    with stage.scene("a worker stopped past its session", changes={"AURA_BATCH_SIZE": "256"}) as scene:
        scene.pool.start(3)
        scene.traffic.begin(FULL_REVIEWS, then_rate=GO_ON_RATE)
        refused = 0
        for sleeps in range(1, MOST_SLEEPS + 1):
            of_this_one = sleep_past_the_session(scene)
            scene.wait(1, 3)
            refused += of_this_one()
            if sleeps >= 5 and refused:
                scene.struck("late writes refused", refused)
                break
        else:
            pytest.fail("no late write: the scenario proved nothing")
        scene.traffic.end()
