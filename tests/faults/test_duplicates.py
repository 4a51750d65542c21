"""Producers that publish events again: at once, later, after restarts, while workers are killed."""

import random
from collections.abc import Callable

import pytest

from tests.faults.reviews import Published
from tests.faults.stage import Stage

SHARE = 0.2
BACK = 30_000
"""How far back an event is published again at most, in records."""


def with_duplicates(reviews: Callable[[int], Published], seed: int) -> Callable[[int], Published]:
    """The same reviews, but a share of them are others, published before or not."""

    def record(number: int) -> Published:
        dice = random.Random(f"{seed}-{number}")
        if dice.random() < SHARE:
            number = max(0, number - dice.choice([1, 2, dice.randrange(1, BACK)]))
        return reviews(number)

    return record


@pytest.mark.full
def test_events_that_are_published_again_count_once(stage: Stage) -> None:
    with stage.scene("a fifth of the events published again") as scene:
        scene.traffic.reviews = with_duplicates(scene.traffic.reviews, stage.seed)
        scene.pool.start(2)
        scene.traffic.begin(150_000, then_rate=1_000)
        scene.await_workers(2)
        for number in range(8):
            scene.wait(1, 4)
            scene.await_workers()
            scene.pool.kill(scene.pool.pick())
            scene.struck("workers killed")
            scene.pool.start()
            if number == 4:
                scene.redis.flush()
                scene.struck("FLUSHALL")
        scene.traffic.end()
        scene.struck("events published again", scene.traffic.next - len(scene.ledger.sent))
