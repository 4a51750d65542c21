"""No space left for Redis, and for Kafka.

Staged by a limit on the size of their files (EFBIG), not by a full file system (ENOSPC): that takes a superuser.
"""

import pytest

from tests.faults.servers import KafkaProcess, full_disk
from tests.faults.stage import Stage
from tests.system.programs import eventually

GO_ON_RATE = 800.0


@pytest.mark.full
def test_redis_cannot_write_its_file(stage: Stage) -> None:
    with stage.scene("disk full for Redis (EFBIG)") as scene:
        scene.pool.start(2)
        scene.traffic.begin(100_000, then_rate=GO_ON_RATE)
        scene.await_workers(2)
        for killed in (False, True, False):
            scene.wait(2, 4)
            with scene.redis.disk_full():
                scene.struck("disk full for Redis")
                said = len(scene.pool.alive[0].log)
                eventually(lambda: "MISCONF" in scene.pool.alive[0].log[said:], 60, "Redis refuses to write")  # noqa: B023
                held = scene.applied()
                scene.wait(5)
                assert scene.applied() == held, "Redis took writes that it cannot keep"
                if killed:
                    scene.redis.kill()
                    scene.struck("Redis killed with its disk full")
            if killed:
                scene.redis.start()
        scene.traffic.end()


@pytest.mark.full
def test_kafka_cannot_append_to_its_log(stage: Stage) -> None:
    with (
        KafkaProcess(stage.folder / "kafka") as kafka,
        stage.scene("disk full for Kafka (EFBIG)", kafka=kafka.bootstrap_servers, patience=15) as scene,
    ):
        scene.pool.start(2)
        scene.traffic.begin(50_000, then_rate=GO_ON_RATE)
        scene.await_workers(2)
        for _ in range(2):
            scene.wait(2, 4)
            failed = len(scene.traffic.failed)
            pid = kafka.pid
            assert pid is not None
            with full_disk(pid):
                scene.struck("disk full for Kafka")
                eventually(lambda: len(scene.traffic.failed) > failed, 90, "the publisher sees failures")  # noqa: B023
                scene.struck("Kafka gave up", kafka.pid is None)
            kafka.kill()
            kafka.start()
        scene.traffic.end()
        scene.struck("reviews that the publisher was told have failed", len(scene.traffic.failed))
