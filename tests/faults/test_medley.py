"""One run with a bit of everything, short enough for every change."""

from collections.abc import Callable

from tests.faults.stage import Scene, Stage
from tests.faults.test_workers import sleep_past_the_session

GO_ON_RATE = 500.0


def worker_killed(scene: Scene) -> None:
    scene.pool.kill(scene.pool.pick())
    scene.struck("workers killed")
    scene.pool.start()


def worker_leaves_and_another_joins(scene: Scene) -> None:
    scene.pool.start()
    scene.await_workers(3)
    scene.pool.leave(scene.pool.pick())
    scene.struck("workers left")


def redis_killed(scene: Scene) -> None:
    scene.redis.kill()
    scene.struck("Redis killed")
    scene.redis.start()


def redis_without_power(scene: Scene) -> None:
    scene.redis.cut_power()
    scene.struck("Redis killed, its last second lost")
    scene.redis.start()


def redis_frozen(scene: Scene) -> None:
    with scene.redis.frozen():
        scene.struck("Redis stopped for some seconds")
        scene.wait(3, 6)


def redis_emptied(scene: Scene) -> None:
    scene.redis.flush()
    scene.struck("FLUSHALL")


def redis_set_back(scene: Scene) -> None:
    backup = scene.system.folder / "backup"
    scene.redis.copy(backup)
    scene.wait(2, 4)
    scene.redis.kill()
    scene.redis.restore(backup)
    scene.struck("older snapshots restored")


FAULTS: list[Callable[[Scene], None]] = [
    worker_killed,
    worker_leaves_and_another_joins,
    sleep_past_the_session,
    redis_killed,
    redis_without_power,
    redis_frozen,
    redis_emptied,
    redis_set_back,
]


def test_a_medley_of_faults(stage: Stage) -> None:
    with stage.scene("a medley of faults", bad_every=499) as scene:
        scene.pool.start(2)
        scene.traffic.begin(stage.size(20_000, 100_000), then_rate=GO_ON_RATE)
        for fault in scene.dice.sample(FAULTS, len(FAULTS)):
            scene.await_workers(2)
            scene.wait(0.5, 1.5)
            fault(scene)
        scene.traffic.end()
