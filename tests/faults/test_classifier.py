"""A classifier that raises: on one review, and on all of them."""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from stream.runner import CLASSIFIER_BROKEN, CLASSIFIER_PATIENCE
from stream.topics import dead_letters
from tests.faults.log import read_letters
from tests.faults.reviews import Bad, Published
from tests.faults.stage import READY_SECONDS, Stage
from tests.system.programs import Program, eventually

WORKER = Path(__file__).parent / "poisoned_worker.py"
MARK = "zyzzyva"
BATCH = 1_000
QUICK_PATIENCE = 5.0
"""For every change; in full it is the real one, :data:`stream.runner.CLASSIFIER_PATIENCE`."""

LATER_SECONDS = 30.0
"""What the end may take after the patience: a last try of the classifier, and an orderly stop on a busy machine."""


def with_poison(reviews: Callable[[int], Published], one_of: int, where: int) -> Callable[[int], Published]:
    """The same reviews, all of one product, one of each ``one_of`` marked, at ``where``."""

    def review(number: int) -> Published:
        record = reviews(number)
        if isinstance(record.verdict, Bad):
            return record
        assert record.value is not None
        fields = json.loads(record.value) | {"tenant": "shop", "product_id": "only"}
        verdict = record.verdict._replace(tenant="shop", product="only")
        if number % one_of != where:
            return Published(record.name, b"shop/only", json.dumps(fields).encode(), verdict)
        value = json.dumps(fields | {"text": f"A word that nobody can read: {MARK}."}).encode()
        return Published(record.name, b"shop/only", value, Bad("text", value))

    return review


def test_the_poison_of_a_batch_stands_alone_in_the_dead_letters(stage: Stage) -> None:
    count = stage.size(BATCH, 50 * BATCH)
    settings = {"AURA_BATCH_SIZE": str(BATCH)}
    command = [sys.executable, str(WORKER), MARK]
    with stage.scene("one review of 1,000 poisoned", changes=settings, command=command, bad_every=0) as scene:
        scene.traffic.reviews = with_poison(scene.traffic.reviews, BATCH, scene.dice.randrange(BATCH))
        scene.traffic.send(count)
        scene.traffic.finish()
        scene.struck("poisoned reviews", count // BATCH)
        scene.pool.start()


def stopped_consuming(worker: Program) -> float | None:
    """When (seconds since 1970) it said that it consumes nothing more; None while it has not."""
    for line in worker.log.read_text().splitlines():
        if f'"{CLASSIFIER_BROKEN}"' in line:
            return datetime.fromisoformat(json.loads(line)["timestamp"]).timestamp()
    assert worker.process.poll() is None, worker.said()
    return None


def test_a_worker_whose_classifier_is_broken_says_so_and_ends_and_nothing_is_lost(stage: Stage) -> None:
    with stage.scene("a broken classifier") as scene:
        scene.traffic.send(stage.size(2_000, 50_000))
        scene.traffic.finish()
        patience = CLASSIFIER_PATIENCE if stage.full else QUICK_PATIENCE
        broken = scene.system.start("worker", command=[sys.executable, str(WORKER), "", str(patience)])
        try:
            said = eventually(lambda: stopped_consuming(broken), READY_SECONDS, "it says that it consumes nothing")
            broken.process.wait(patience + 2 * LATER_SECONDS)
            alive = time.time() - said
        finally:
            broken.kill()
        assert broken.process.returncode > 0, broken.said()
        # A try that fails takes some milliseconds, and the patience begins before the first one.
        assert patience - 1 < alive < patience + LATER_SECONDS, f"it lived on for {alive:.1f} s"
        assert "Traceback" not in broken.log.read_text()
        scene.struck("workers with a broken classifier")
        assert scene.applied() == 0, "the fence passed reviews that nobody classified"
        assert read_letters(scene.system.kafka, dead_letters(scene.system.topic), scene.system.topic) == []
        scene.pool.start()
