"""A Kafka that dies, and one that answers nobody: for workers, for ``aura publish`` and for those who post reviews."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from stream.readers.fields import Fields
from stream.readers.rows import Accepted, Layout, read
from stream.readers.source import Source
from tests.faults.log import ends
from tests.faults.reviews import Published, Review
from tests.faults.servers import KafkaProcess
from tests.faults.stage import Scene, Stage
from tests.system.programs import Program, eventually

FULL_REVIEWS = 100_000
GO_ON_RATE = 800
AWAY_SECONDS = 30.0
FAULTS = ("killed", "frozen")

ROWS = 20_000
ROWS_A_SECOND = 400
"""So that the file lasts for 50 s: on a busy machine some pass before it is seen that a run is in the middle of it."""
GIVEN_UP_SECONDS = 150.0
"""``aura publish`` waits 30 s for an acknowledgement, and as long for the last ones."""

REQUESTS = 200
REVIEWS_A_REQUEST = 20


@contextmanager
def scene_of(stage: Stage, name: str) -> Iterator[tuple[KafkaProcess, Scene]]:
    """A scene with a Kafka of its own."""
    with (
        KafkaProcess(stage.folder / "kafka") as kafka,
        stage.scene(name, kafka=kafka.bootstrap_servers) as scene,
    ):
        yield kafka, scene


@contextmanager
def away(scene: Scene, kafka: KafkaProcess, fault: str) -> Iterator[None]:
    """Kafka does not answer while this lasts."""
    scene.struck(f"Kafka {fault}")
    if fault == "frozen":
        with kafka.frozen():
            yield
    else:
        kafka.kill()
        yield
        kafka.start()


@pytest.mark.full
def test_kafka_killed_and_restarted(stage: Stage) -> None:
    with scene_of(stage, "Kafka killed and restarted") as (kafka, scene):
        scene.pool.start(2)
        scene.traffic.begin(FULL_REVIEWS, then_rate=GO_ON_RATE)
        scene.await_workers(2)
        for _ in range(6):
            scene.wait(1, 5)
            with away(scene, kafka, "killed"):
                scene.wait(0, 4)
        scene.wait(2)
        scene.traffic.end()


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_kafka_away_for_long(stage: Stage, fault: str) -> None:
    with scene_of(stage, f"Kafka {fault}, away for 30 s") as (kafka, scene), scene.system.api():
        scene.pool.start(2)
        scene.traffic.begin(FULL_REVIEWS, then_rate=GO_ON_RATE)
        scene.await_workers(2)
        eventually(lambda: readiness(scene) == (200, set()), 60, "the API is ready")
        for _ in range(2):
            before = scene.applied()
            scene.await_applied(before + 1)
            with away(scene, kafka, fault):
                eventually(lambda: "kafka" in readiness(scene)[1], 15, "the API says that Kafka is missing")
                scene.wait(AWAY_SECONDS)
            eventually(lambda: readiness(scene) == (200, set()), 120, "the API is ready again")
        scene.traffic.end()


def readiness(scene: Scene) -> tuple[int, set[str]]:
    """What the API says, and what it misses."""
    answer = httpx.get(f"{scene.system.address}/readyz", timeout=20)
    return answer.status_code, {one["part"] for one in answer.json().get("missing", [])}


def write_rows(path: Path, reviews: Callable[[int], Published]) -> None:
    """A file of the shop's reviews that names no event ids."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["product_id", "occurred_at", "text", "rating"])
        written = number = 0
        while written < ROWS:
            review, number = reviews(number).verdict, number + 1
            if isinstance(review, Review) and review.tenant == "shop":
                rows.writerow([review.product, review.at_ms, review.text, review.rating or ""])
                written += 1


def rows_of(path: Path) -> dict[str, Review]:
    """What must come out of it, by the event ids that the rows are given."""
    found = {}
    with Source(path) as source:
        for row in read(source, Layout("csv", Fields("shop"))):
            assert isinstance(row, Accepted)
            event = row.event
            found[event.event_id] = Review("shop", event.product_id, event.occurred_ms, event.rating, event.text)
    return found


def logged(scene: Scene) -> int:
    """Records in the log."""
    return sum(ends(scene.system.kafka, scene.system.topic).values())


def publishing(scene: Scene, *arguments: str) -> Program:
    """``aura publish`` in the middle of its file."""
    wanted = logged(scene) + scene.dice.randrange(ROWS_A_SECOND // 2, 2 * ROWS_A_SECOND)
    program = scene.system.start(*arguments)

    def well_begun() -> bool:
        assert program.process.poll() is None, program.said()
        return logged(scene) >= wanted

    eventually(well_begun, 60, "the publisher is in the middle of it")
    return program


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_publishing_a_file_is_interrupted_and_resumed(stage: Stage, fault: str) -> None:
    with scene_of(stage, f"aura publish, Kafka {fault}") as (kafka, scene):
        path = stage.folder / "reviews.csv"
        write_rows(path, scene.traffic.reviews)
        expected = rows_of(path)
        assert len(expected) == ROWS
        scene.ledger.sent.update(expected)
        scene.pool.start(1)
        scene.await_workers(1)
        arguments = ["publish", str(path), "--tenant", "shop"]
        row = 1
        for _ in range(2):
            program = publishing(scene, *arguments, "--rate", str(ROWS_A_SECOND), "--resume-from", str(row))
            with away(scene, kafka, fault):
                assert program.process.wait(GIVEN_UP_SECONDS) not in (0, None), program.said()
            said = program.log.read_text()
            assert "Traceback" not in said, said
            resume = re.search(r"go on with --resume-from (\d+)", said)
            assert resume, said
            assert int(resume[1]) >= row, said
            row = int(resume[1])
            scene.struck("publishing resumed")
        program = publishing(scene, *arguments, "--rate", str(ROWS_A_SECOND), "--resume-from", str(row))
        program.process.kill()  # it prints nothing: the same command is run again
        program.process.wait()
        scene.struck("publishing killed")
        ended = scene.system.run(*arguments, "--resume-from", str(row))
        assert f"published {ROWS - row + 1:,} reviews" in ended.stdout, ended.stdout
        scene.ledger.acknowledged.update(expected)


@pytest.mark.full
@pytest.mark.parametrize("fault", FAULTS)
def test_reviews_are_posted(stage: Stage, fault: str) -> None:
    with scene_of(stage, f"POST reviews, Kafka {fault}") as (kafka, scene), scene.system.api():
        scene.pool.start(1)
        scene.await_workers(1)
        key = scene.system.key("shop")
        with httpx.Client(headers={"X-API-Key": key}, timeout=60) as http:
            refused: list[list[Published]] = []
            requests = iter(batches(scene))
            for _ in range(2):
                for _ in range(REQUESTS // 4):
                    post(scene, http, next(requests), refused)
                assert not refused
                with away(scene, kafka, fault):
                    for _ in range(3):
                        post(scene, http, next(requests), refused)
                    assert len(refused) == 3, "a review was accepted that Kafka cannot have acknowledged"
                eventually(lambda: readiness(scene)[1] <= {"worker"}, 120, "the API is ready again")
                # Whoever was refused asks again, with their own event ids or those they were given.
                eventually(lambda: repeated(scene, http, refused), 120, "what was refused is accepted at last")
            for request in requests:
                post(scene, http, request, refused)
            assert not refused
        # Whatever was posted how often: as many names as reviews. The verdict counts each name once.
        assert scene.ledger.acknowledged == scene.ledger.sent.keys()
        assert len(scene.ledger.acknowledged) == REQUESTS * REVIEWS_A_REQUEST


def batches(scene: Scene) -> Iterator[list[Published]]:
    """Requests of the shop's reviews, every other without event ids."""
    batch: list[Published] = []
    number = made = 0
    while made < REQUESTS:
        record, number = scene.traffic.reviews(number), number + 1
        if isinstance(record.verdict, Review) and record.verdict.tenant == "shop":
            batch.append(unnamed(record) if made % 2 else record)
        if len(batch) == REVIEWS_A_REQUEST:
            yield batch
            batch, made = [], made + 1


def post(scene: Scene, http: httpx.Client, batch: list[Published], refused: list[list[Published]]) -> None:
    """Post one batch; note what was answered. A batch without names is one of a client that leaves them to the API."""
    body = b"[" + b",".join(record.value or b"" for record in batch) + b"]"
    answer = http.post(
        f"{scene.system.address}/v1/tenants/shop/reviews", content=body, headers={"Content-Type": "application/json"}
    )
    names = answer.json()["event_ids"]
    scene.ledger.sent.update({name: record.verdict for name, record in zip(names, batch, strict=True)})
    if answer.status_code == 202:
        scene.ledger.acknowledged.update(names)
        return
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    refused.append([named(record, name) for record, name in zip(batch, names, strict=True)])
    scene.struck("requests refused")


def named(record: Published, name: str) -> Published:
    """The record with this name: that which it had, if it had one."""
    assert record.name in ("", name)
    return replace(record, name=name, value=json.dumps({**json.loads(record.value or b""), "event_id": name}).encode())


def unnamed(record: Published) -> Published:
    """The record, its name left to the API."""
    fields = json.loads(record.value or b"")
    del fields["event_id"]
    return replace(record, name="", value=json.dumps(fields).encode())


def repeated(scene: Scene, http: httpx.Client, refused: list[list[Published]]) -> bool:
    """Post again what was refused; whether all of it is accepted now."""
    again, refused[:] = list(refused), []
    for batch in again:
        post(scene, http, batch, refused)
    return not refused
