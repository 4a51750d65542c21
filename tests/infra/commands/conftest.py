"""What the tests of commands share."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine, TopicReader


@pytest.fixture
def settings(kafka_address: str) -> dict[str, str]:
    """The in-process broker, with a topic and a consumer group of the test's own."""
    return {
        "AURA_KAFKA_BOOTSTRAP_SERVERS": kafka_address,
        "AURA_TOPIC": f"reviews-{uuid.uuid4().hex}",
        "AURA_CONSUMER_GROUP": f"group-{uuid.uuid4().hex}",
    }


@pytest.fixture
def aura(settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return CommandLine(settings)


@pytest.fixture
def reader(settings: dict[str, str]) -> Iterator[TopicReader]:
    """Reads what is published, as workers would."""
    thread = TopicReader(
        settings["AURA_KAFKA_BOOTSTRAP_SERVERS"], settings["AURA_TOPIC"], settings["AURA_CONSUMER_GROUP"]
    )
    thread.start()
    yield thread
    thread.stop()
