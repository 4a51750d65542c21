"""Workers that die, come and go, and fall asleep."""

import pytest

from stream.faust_app import SESSION_SECONDS
from tests.faults.stage import Scene, Stage

FULL_REVIEWS = 200_000
GO_ON_RATE = 800.0
"""Reviews a second after the first flood, so that no fault strikes workers that have nothing to do."""


@pytest.mark.full
@pytest.mark.parametrize("workers", [2, 4])
def test_workers_killed_again_and_again(stage: Stage, workers: int) -> None:
    with stage.scene(f"{workers} workers, one killed every 1-3 s") as scene:
        scene.pool.start(workers)
        scene.traffic.begin(FULL_REVIEWS, then_rate=GO_ON_RATE)
        for _ in range(20):
            scene.wait(1, 3)
            scene.await_workers()
            scene.pool.kill(scene.pool.pick())
            scene.struck("workers killed")
            scene.pool.start()
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


def sleep_past_the_session(scene: Scene) -> None:
    """Freeze a worker in the middle of its work until Kafka has given its partitions away, and let it go on."""
    scene.await_workers(2)
    before = scene.applied()
    scene.await_applied(before + 1)
    sleeper = scene.pool.pick()
    scene.pool.freeze(sleeper)
    scene.struck("workers stopped past their session")
    scene.wait(SESSION_SECONDS + 3)
    scene.pool.thaw(sleeper)


@pytest.mark.full
def test_the_late_writes_of_a_worker_thought_dead_are_refused(stage: Stage) -> None:
    with stage.scene("a worker stopped past its session", changes={"AURA_BATCH_SIZE": "256"}) as scene:
        scene.pool.start(3)
        scene.traffic.begin(FULL_REVIEWS, then_rate=GO_ON_RATE)
        for _ in range(5):
            sleep_past_the_session(scene)
            scene.wait(1, 3)
        scene.traffic.end()
        assert scene.pool.counters()["aura_refused_runs_total"] > 0, "no late write: the scenario proved nothing"
