"""What ``aura audit`` refuses to call equal, and with which words and exit status."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import msgspec
import pytest
import redis
from confluent_kafka import Producer

from models.artefact import ArtefactError
from models.classifier import Classifier
from stream import tenants
from stream.event import encode
from stream.fold import Keep
from stream.logreader import LogReader
from stream.pipeline import Pipeline
from stream.scoring import House
from stream.store.connection import connect, open_store
from stream.store.keys import LAYOUT_VERSION
from stream.store.writer import StoreWriter
from stream.topics import ensure_topics
from tests.command_line import CommandLine
from tests.infra.commands.running import Ended
from tests.infra.commands.running import aura as run_here
from tests.services import free_port
from tests.stream.samples import WordClassifier, event
from tests.stream.test_pipeline import MemoryLetters


@pytest.fixture
def settings(kafka: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """A real Kafka with an empty topic, and an empty Redis."""
    topic = f"audit.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    tenants = tmp_path / "tenants.toml"
    tenants.write_text('[[tenants]]\nid = "shop"\nname = "Shop"\n')
    return {
        "AURA_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "AURA_REDIS_URL": redis_url,
        "AURA_TOPIC": topic,
        "AURA_TENANTS_FILE": str(tenants),
    }


def produce(settings: dict[str, str], count: int) -> None:
    producer = Producer({"bootstrap.servers": settings["AURA_KAFKA_BOOTSTRAP_SERVERS"]})
    for _ in range(count):
        producer.produce(settings["AURA_TOPIC"], b"{}", partition=1)
    assert producer.flush(30) == 0


def said(ended: CompletedProcess[str], status: int) -> str:
    """Its one sentence, on one line."""
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert ended.stdout == ""
    return " ".join(ended.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [
        ("2025-06-18T00:00:00Z", "2025-06-17T00:00:00Z", "expected a time after that of --from"),
        ("2025-06-17T00:00:00Z", "2025-06-17T00:00:00Z", "expected a time after that of --from"),
        ("2025-06-17T00:00:10Z", "2025-06-17T00:00:50Z", "no minute starts from"),
    ],
)
def test_a_range_in_which_nothing_can_be_is_a_wrong_option(aura: CommandLine, since: str, until: str, why: str) -> None:
    assert why in said(aura("audit", "--from", since, "--to", until), 2)


def test_a_redis_that_was_emptied_proves_nothing(aura: CommandLine, settings: dict[str, str]) -> None:
    produce(settings, 3)
    sentence = said(aura("audit"), 1)
    assert f"Redis has counted nothing of the topic {settings['AURA_TOPIC']}, whose log has taken 3 records" in sentence


def test_a_mistyped_topic_is_said_to_be_another_one(settings: dict[str, str], aura: CommandLine) -> None:
    with redis.Redis.from_url(settings["AURA_REDIS_URL"]) as client:
        client.hset("aura:{0}:fence", "aura.reviews:0", 7)
    topic = settings["AURA_TOPIC"]
    assert f"Redis has no fences of the topic {topic}; it has those of aura.reviews" in said(aura("audit"), 1)
    absent = CommandLine(settings | {"AURA_TOPIC": "nowhere"})
    sentence = said(absent("audit"), 1)
    assert "Kafka has no topic nowhere (AURA_TOPIC); Redis has counted aura.reviews" in sentence


def test_another_number_of_shards_than_the_store_has_is_refused(settings: dict[str, str], aura: CommandLine) -> None:
    with redis.Redis.from_url(settings["AURA_REDIS_URL"]) as client:
        client.hset("aura:store", mapping={"layout": LAYOUT_VERSION, "shards": "4"})
    assert "this store was created with 4 shards, the settings say 1" in said(aura("audit"), 1)


def test_a_redis_that_is_away_is_no_empty_one(settings: dict[str, str], aura: CommandLine) -> None:
    away = CommandLine(settings | {"AURA_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"})
    assert "Redis did not answer" in said(away("audit"), 1)


def test_an_empty_topic_and_an_empty_redis_are_equal_and_that_is_said(
    settings: dict[str, str], aura: CommandLine
) -> None:
    ended = aura("audit", "--json")
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert (answer["equal"], answer["verdict"]) == (True, "equal: the topic is empty, and so is Redis")
    with redis.Redis.from_url(settings["AURA_REDIS_URL"]) as client:
        assert client.dbsize() == 0, "an audit writes nothing"


def test_a_tenant_that_there_is_not_is_a_wrong_option(aura: CommandLine) -> None:
    assert "names no tenant nobody" in said(aura("audit", "--tenant", "nobody"), 2)


REVIEWS = 6
"""Of each of two tenants."""


class Broken(WordClassifier):
    """Fails on everything."""

    def predict(self, reviews: Any) -> Any:
        raise RuntimeError("the device is gone")


class Models(dict[str, Any]):
    """What is loaded, and what cannot be."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: dict[str, Exception] = {}
        self.asked: list[str] = []

    def load(self, model: str, *, threads: int | None = None) -> Classifier:
        self.asked.append(model)
        if model in self.gone:
            raise self.gone[model]
        found: Classifier = self.get(model, WordClassifier())
        return found


def write_tenants(settings: Mapping[str, str], *named: str) -> None:
    """Each by a model of its own: ``model-of-shop``."""
    text = "\n".join(f'[[tenants]]\nid = "{name}"\nname = "{name}"\nmodel = "model-of-{name}"\n' for name in named)
    Path(settings["AURA_TENANTS_FILE"]).write_text(text)


@pytest.fixture
def models(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Models:
    """Both tenants in the file, in the log and counted; ``aura`` runs in this process, with these models."""
    found = Models()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("infra.recounting.load", found.load)
    write_tenants(settings, "shop", "bank")
    producer = Producer({"bootstrap.servers": settings["AURA_KAFKA_BOOTSTRAP_SERVERS"]})
    for number in range(REVIEWS):
        for tenant in ("shop", "bank"):
            producer.produce(settings["AURA_TOPIC"], encode(event(number, tenant=tenant)), partition=1)
    assert producer.flush(30) == 0
    asyncio.run(counted(settings))
    return found


async def counted(settings: Mapping[str, str]) -> None:
    """Count the log as a worker would."""
    topic = settings["AURA_TOPIC"]
    log = LogReader(settings["AURA_KAFKA_BOOTSTRAP_SERVERS"], topic)
    runs = list(log.read(1, 2 * REVIEWS - 1))
    log.close()
    houses = {name: House(f"model-of-{name}", Keep(0, 0)) for name in ("shop", "bank")}
    classifiers: Any = {house.model: WordClassifier() for house in houses.values()}
    client = connect(settings["AURA_REDIS_URL"])
    try:
        writer = StoreWriter(client, await open_store(client, 1))
        pipe = Pipeline(houses, classifiers, writer, MemoryLetters())
        fences = (await writer.fences(topic, [1]))[1]
        for batch in pipe.process(runs):
            await pipe.apply(batch, fences)
    finally:
        await client.aclose()


def answered(ended: Ended, status: int) -> dict[str, Any]:
    assert ended.code == status, ended
    answer: dict[str, Any] = json.loads(ended.out)
    return answer


def add_a_review(settings: Mapping[str, str], tenant: str) -> None:
    """One that no log has."""
    with redis.Redis.from_url(settings["AURA_REDIS_URL"]) as client:
        packed: Any = client.hget(f"aura:{{0}}:e:{tenant}", "t")
        client.hset(f"aura:{{0}}:e:{tenant}", "t", msgspec.msgpack.encode([99, *msgspec.msgpack.decode(packed)[1:]]))


def test_a_tenant_that_left_the_file_is_named_and_not_judged(
    settings: dict[str, str], models: Models, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered(run_here(capsys, "audit", "--json"), 0)["not_judged"] == []
    write_tenants(settings, "shop")
    answer = answered(run_here(capsys, "audit", "--json"), 0)
    assert (answer["equal"], answer["not_judged"], answer["differences"]) == (True, ["bank"], [])
    assert answer["entities"] == 2
    assert "not judged: bank. " in run_here(capsys, "audit").out
    assert answered(run_here(capsys, "audit", "--json", "--tenant", "shop"), 0)["not_judged"] == []
    write_tenants(settings, "cinema")
    answer = answered(run_here(capsys, "audit", "--json"), 1)
    assert (answer["not_judged"], answer["verdict"].partition(":")[0]) == (["bank", "shop"], "nothing proven")


def test_a_tenant_that_was_added_while_the_log_was_read_is_judged(
    settings: dict[str, str], models: Models, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tenants(settings, "shop")
    load = tenants.load

    def load_and_add(path: Path) -> tenants.Tenants:
        loaded = load(path)
        write_tenants(settings, "shop", "bank")
        return loaded

    monkeypatch.setattr(tenants, "load", load_and_add)
    answer = answered(run_here(capsys, "audit", "--json"), 0)
    assert (answer["equal"], answer["entities"], answer["not_judged"]) == (True, 4, [])
    write_tenants(settings, "shop")
    add_a_review(settings, "bank")
    assert len(answered(run_here(capsys, "audit", "--json"), 1)["differences"]) == 1


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (ArtefactError(Path("model-of-bank"), "no such folder"), "no such folder; put it back"),
        (RuntimeError("4 threads wanted"), "4 threads wanted"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_a_model_that_cannot_be_loaded_leaves_only_its_tenant_unproven(
    settings: dict[str, str], models: Models, capsys: pytest.CaptureFixture[str], error: Exception, what: str
) -> None:
    models.gone["model-of-bank"] = error
    answer = answered(run_here(capsys, "audit", "--json"), 1)
    assert (answer["equal"], answer["verdict"], answer["differences"]) == (False, "not proven", [])
    assert answer["entities"] == 2, "the shop is compared"
    (why,) = answer["not_proven"].values()
    assert why.startswith("model-of-bank scored reviews of it and cannot be loaded: ")
    assert what in why
    assert f"tenant bank is not proven: {why}" in run_here(capsys, "audit").out
    add_a_review(settings, "shop")
    (difference,) = answered(run_here(capsys, "audit", "--json"), 1)["differences"]
    assert difference["tenant"] == "shop"


def test_only_the_reviews_of_the_tenants_that_are_asked_for_are_classified(
    models: Models, capsys: pytest.CaptureFixture[str]
) -> None:
    models.gone["model-of-bank"] = ArtefactError(Path("model-of-bank"), "no such folder")
    answer = answered(run_here(capsys, "audit", "--json", "--tenant", "shop"), 0)
    assert (answer["equal"], answer["entities"], answer["not_proven"]) == (True, 2, {})
    assert models.asked == ["model-of-shop"]


def test_a_classifier_that_fails_ends_the_audit_with_a_sentence(
    models: Models, capsys: pytest.CaptureFixture[str]
) -> None:
    models["model-of-bank"] = Broken()
    ended = run_here(capsys, "audit")
    assert (ended.code, ended.out) == (1, "")
    assert "fails on every review, even on a plain sentence: RuntimeError; look at the artefact" in ended.err
