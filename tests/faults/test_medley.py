"""One run with a bit of everything, short enough for every change; and one on two shards while models change."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from models import artefact
from tests.faults.servers import KafkaProcess
from tests.faults.stage import Scene, Stage
from tests.faults.test_workers import sleep_past_the_session
from tests.models.folders import describe
from tests.system.programs import MODEL

GO_ON_RATE = 500


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


def kafka_killed(kafka: KafkaProcess, scene: Scene) -> None:
    kafka.kill()
    scene.struck("Kafka killed")
    kafka.start()


def twin_of_the_model(folder: Path) -> Path:
    """Another artefact by its digest, with the same answers: what a review counts for does not hang on when it came."""
    twin = Path(shutil.copytree(artefact.SHIPPED / MODEL, folder / "twin"))
    describe(twin, name="twin")
    return twin


def model_promoted(twin: Path, scene: Scene) -> None:
    scene.system.run("models", "promote", str(twin), "--tenant", scene.dice.choice(("shop", "bank")))
    scene.struck("models promoted")


def model_rolled_back(scene: Scene) -> None:
    """Of a tenant that never had another one, it is refused: as good a fault as any."""
    ended = scene.system.run("models", "rollback", "--tenant", scene.dice.choice(("shop", "bank")), expect=None)
    scene.struck("models rolled back" if ended.returncode == 0 else "rollbacks refused")


FAULTS: list[Callable[[Scene], object]] = [
    worker_killed,
    worker_leaves_and_another_joins,
    sleep_past_the_session,
    redis_killed,
    redis_without_power,
    redis_frozen,
    redis_emptied,
    redis_set_back,
]


def medley(scene: Scene, faults: list[Callable[[Scene], object]], *, reviews: int, then_rate: float) -> None:
    """Every fault once, in the order of the dice."""
    scene.pool.start(2)
    scene.traffic.begin(reviews, then_rate=then_rate)
    for fault in scene.dice.sample(faults, len(faults)):
        scene.await_workers(2)
        scene.wait(0.5, 1.5)
        fault(scene)
    scene.traffic.end()


def test_a_medley_of_faults(stage: Stage) -> None:
    with (
        KafkaProcess(stage.folder / "kafka") as kafka,
        stage.scene("a medley of faults", kafka=kafka.bootstrap_servers, bad_every=499) as scene,
    ):
        reviews, rate = stage.size(10_000, 100_000), stage.size(200, GO_ON_RATE)
        medley(scene, [*FAULTS, partial(kafka_killed, kafka)], reviews=reviews, then_rate=rate)


@pytest.mark.full
def test_a_medley_of_faults_on_two_shards_while_models_change(stage: Stage) -> None:
    name, changes = "a medley, on two shards, while models change", {"AURA_STORE_SHARDS": "2"}
    promoted = partial(model_promoted, twin_of_the_model(stage.folder))
    with (
        KafkaProcess(stage.folder / "kafka") as kafka,
        stage.scene(name, kafka=kafka.bootstrap_servers, bad_every=499, changes=changes) as scene,
    ):
        models: list[Callable[[Scene], object]] = [promoted, promoted, model_rolled_back, model_rolled_back]
        medley(scene, [*FAULTS, *models, partial(kafka_killed, kafka)], reviews=100_000, then_rate=GO_ON_RATE)
