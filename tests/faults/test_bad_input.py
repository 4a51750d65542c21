"""Every kind of record that is no event among good reviews, while workers are killed."""

from collections.abc import Callable

import pytest

from stream.event import MAX_EVENT_BYTES
from tests.faults.reviews import Bad, Published
from tests.faults.stage import Stage
from tests.faults.traffic import Traffic
from tests.stream.hostile import bad

GOOD_OF_ONE_BAD = 10
KILLS = 10
HUGE_BYTES = 20 * 1024 * 1024
HUGE = 6
"""Payloads of 20 MB: they come into the topic because their producer compresses them."""


def with_bad_input(reviews: Callable[[int], Published], seed: int) -> Callable[[int], Published]:
    """Ten of the same reviews, then a bad record, and so on."""

    def record(number: int) -> Published:
        turn, place = divmod(number, GOOD_OF_ONE_BAD + 1)
        if place < GOOD_OF_ONE_BAD:
            return reviews(turn * GOOD_OF_ONE_BAD + place)
        found = bad(seed * 1_000_000 + turn)
        verdict = Bad(found.field, found.value, found.reason)
        return Published(f"bad-{turn}", b"shop/\xff\x00", found.value, verdict, found.headers)

    return record


def huge(number: int) -> Published:
    """A payload of 20 MB that differs from the others."""
    value = b'{"text": "' + str(number).encode() + b"x" * HUGE_BYTES + b'"}'
    verdict = Bad("", value, f"{len(value)} bytes; at most {MAX_EVENT_BYTES} are read")
    return Published(f"huge-{number}", b"shop/huge", value, verdict)


@pytest.mark.full
def test_bad_input_of_every_kind(stage: Stage) -> None:
    turns = 10_000
    with stage.scene("one record of eleven is no event", bad_every=0, changes={"AURA_BATCH_SIZE": "500"}) as scene:
        scene.traffic.reviews = with_bad_input(scene.traffic.reviews, scene.dice.randrange(1_000))
        settings = {"compression.type": "zstd", "message.max.bytes": 2 * HUGE_BYTES}
        packed = Traffic(scene.system.kafka, scene.system.topic, huge, scene.ledger, settings=settings)
        scene.pool.start(2)
        scene.await_workers(2)
        scene.traffic.begin(turns * (GOOD_OF_ONE_BAD + 1))
        packed.send(HUGE, rate=0.5)
        scene.struck("payloads of 20 MB", HUGE)
        for kill in range(1, KILLS + 1):
            scene.await_applied(kill * turns * GOOD_OF_ONE_BAD // (KILLS + 1), 300)
            scene.await_workers()
            scene.pool.kill(scene.pool.pick())
            scene.struck("workers killed")
            scene.pool.start()
        packed.finish()
        scene.struck("records of other kinds that are no events", turns)
