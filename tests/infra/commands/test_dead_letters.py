"""``aura dead-letters`` as its users run it, on a real Kafka."""

import json
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, Producer
from confluent_kafka import TopicPartition as NativePartition

from stream.deadletter import CUT_HEADER
from stream.event import encode
from stream.resend import REPLAY_OF_HEADER, Resender
from stream.topics import dead_letters, ensure_topics
from tests.command_line import CommandLine
from tests.services import free_port
from tests.stream.letters import mark, put, transaction
from tests.stream.samples import event

SECRET = "Nobody answered my letters."
GOOD = [encode(event(n, tenant="bank", text=SECRET)) for n in range(4)]
TENANTS = '[[tenants]]\nid = "bank"\nname = "Bank"\n'


@pytest.fixture
def settings(kafka: str) -> dict[str, str]:
    """A real Kafka with six letters: 0 to 3 would be taken today, 4 would not, 1 was replayed, 5 was cut."""
    topic = f"reviews-{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=1, replication=1, reviews=topic)

    def letters(producer: Producer) -> None:
        for n, value in enumerate(GOOD):
            put(producer, dead_letters(topic), n, value, field=b"tenant", reason=b"not in the tenants file")
        put(producer, dead_letters(topic), 4, b'{"tenant": "bank", "text": "\xff')
        put(producer, dead_letters(topic), 5, b'{"tenant": "bank', headers=[(CUT_HEADER, b"2000000")])
        mark(producer, dead_letters(topic), 1)

    transaction(kafka, letters)
    return {"AURA_KAFKA_BOOTSTRAP_SERVERS": kafka, "AURA_TOPIC": topic}


@pytest.fixture
def topic(settings: dict[str, str]) -> str:
    return settings["AURA_TOPIC"]


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def records(address: str, topic: str) -> list[Message]:
    """What is committed in the reviews topic."""
    settings = {"bootstrap.servers": address, "group.id": "test", "enable.partition.eof": True}
    found: list[Message] = []
    with closing(Consumer(settings)) as consumer:
        consumer.assign([NativePartition(topic, 0, 0)])
        while True:
            message = consumer.poll(30)
            assert message is not None
            if message.error() is not None:
                return found
            found.append(message)


def test_list_names_every_letter_and_says_no_word_of_a_review(aura: CommandLine) -> None:
    ended = aura("dead-letters", "list")
    assert ended.returncode == 0, ended.stderr
    lines = [line.split("\t") for line in ended.stdout.splitlines()]
    assert [line[0] for line in lines] == [f"0:{n}" for n in range(6)]
    assert lines[0][2:] == ["tenant", "not in the tenants file", "bank", str(len(GOOD[0])), ""]
    assert lines[1][6].endswith("Z")
    assert SECRET not in ended.stdout + ended.stderr
    ended = aura("dead-letters", "list", "--json", "--field", "tenant", "--not-replayed", "--reason", "TENANTS")
    assert [row["id"] for row in rows(ended.stdout)] == ["0:0", "0:2", "0:3"]
    assert SECRET not in ended.stdout
    ended = aura("dead-letters", "list", "--json", "--limit", "1", "--to", "2000-01-01T00:00:00Z")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert len(rows(aura("dead-letters", "list", "--json", "--limit", "2").stdout)) == 2
    counts = rows(aura("dead-letters", "list", "--by", "field", "--by", "tenant", "--json").stdout)
    assert [(row["field"], row["tenant"], row["letters"], row["replayed"]) for row in counts] == [
        ("tenant", "bank", 4, 1),
        ("", "bank", 2, 0),
    ]
    assert aura("dead-letters", "list", "--by", "reason").stdout.split("\t")[:2] == ["4", "1"]


def test_show_prints_what_is_asked_for_and_raw_its_bytes(aura: CommandLine) -> None:
    ended = aura("dead-letters", "show", "0:2")
    assert SECRET in ended.stdout
    assert "not in the tenants file" in ended.stdout
    ended = aura("dead-letters", "show", "0:4")
    assert ended.stdout.rstrip().endswith('{"tenant": "bank", "text": "\\xff')
    ended = aura("dead-letters", "show", "0:2", "--raw")
    assert ended.stdout.encode() == GOOD[2]
    ended = aura("dead-letters", "show", "--tenant", "bank", "--limit", "2", "--json")
    assert [row["value"].encode() for row in rows(ended.stdout)] == GOOD[:2]


def test_export_writes_letters_or_events_and_overwrites_nothing(aura: CommandLine, tmp_path: Path) -> None:
    ended = aura("dead-letters", "export", "letters.jsonl", "--limit", "3")
    assert "exported 3 letters" in ended.stdout, ended.stderr
    assert [row["value"].encode() for row in rows((tmp_path / "letters.jsonl").read_text())] == GOOD[:3]
    ended = aura("dead-letters", "export", "letters.jsonl")
    assert ended.returncode == 1
    assert ended.stderr.strip().endswith(
        "letters.jsonl is there already, and nothing is overwritten; name another file"
    )
    ended = aura("dead-letters", "export", "-", "--events", "--field", "")
    assert ended.stdout == '{"tenant": "bank", "text": "\ufffd\n'
    assert "exported 1 letter; 1 were cut as too large and are left out; 1 are not UTF-8" in ended.stderr


def test_replay_sends_each_letter_once_with_its_headers(
    aura: CommandLine, settings: dict[str, str], topic: str, tmp_path: Path
) -> None:
    address = settings["AURA_KAFKA_BOOTSTRAP_SERVERS"]
    ended = aura("dead-letters", "replay", "--yes")
    assert ended.returncode == 1
    assert "--force sends without asking it" in ended.stderr
    (tmp_path / "tenants.toml").write_text(TENANTS)
    ended = aura("dead-letters", "replay")
    assert (ended.returncode, ended.stderr.strip()[-70:]) == (
        1, "aura: nobody is there to be asked; --yes replays them, --dry-run does not"[-70:]
    )  # fmt: skip
    assert f"3 letters to replay into {topic}:" in ended.stdout
    assert json.loads(aura("dead-letters", "replay", "--dry-run", "--json").stdout) == {
        "chosen": 3, "replayed": 0, "replayed_before": 1, "repeated": 0, "cut": ["0:5"], "too_large": [],
        "refused": {"not valid JSON in UTF-8: Input data was truncated": 1}, "dry_run": True, "interrupted": False,
        "seconds": 0.0,
    }  # fmt: skip
    assert records(address, topic) == []
    ended = aura("dead-letters", "replay", "--yes", "--limit", "2")
    assert "replayed 2 letters in" in ended.stdout, ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    ended = aura("dead-letters", "replay", "--yes", "--json")
    assert json.loads(ended.stdout)["replayed"] == 1
    assert "1 letter to replay" in ended.stderr
    found = records(address, topic)
    assert [message.value() for message in found] == [GOOD[0], GOOD[2], GOOD[3]]
    assert [message.headers() for message in found][1] == [(REPLAY_OF_HEADER, f"{topic}/0/2".encode())]
    Resender(address, topic, dead_letters(topic)).begin()
    listed = rows(aura("dead-letters", "list", "--json", "--not-replayed").stdout)
    assert [row["id"] for row in listed] == ["0:4", "0:5"]
    ended = aura("dead-letters", "replay", "--yes", "--force", "--offset", "4")
    assert "replayed 1 letter in" in ended.stdout
    assert records(address, topic)[-1].value() == b'{"tenant": "bank", "text": "\xff'


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show"], 2, "expected a letter's id, as in 3:1745, or a filter; got neither"),
        (["show", "17"], 2, "expected PARTITION:OFFSET"),
        (["show", "0:99", "0:2"], 1, "holds no letter 0:99"),
        (["show", "--tenant", "nobody"], 1, "holds no letter that these filters choose"),
        (["show", "0:1", "0:2", "--raw"], 2, "expected one letter and no --json"),
        (["list", "--from", "yesterday"], 2, "expected a time with a zone"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    aura: CommandLine, arguments: list[str], code: int, said: str
) -> None:
    ended = aura("dead-letters", *arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in " ".join(ended.stderr.replace("│", " ").split())
    assert "Traceback" not in ended.stderr


def test_without_kafka_or_its_topic_the_commands_say_so(settings: dict[str, str], topic: str) -> None:
    ended = CommandLine(settings | {"AURA_TOPIC": "none-such"})("dead-letters", "list")
    assert ended.returncode == 1
    assert "Kafka has no topic none-such.dead-letters: no worker has run with this AURA_TOPIC yet" in ended.stderr
    nobody = f"127.0.0.1:{free_port()}"
    ended = CommandLine(settings | {"AURA_KAFKA_BOOTSTRAP_SERVERS": nobody})("dead-letters", "list")
    assert ended.returncode == 1
    assert nobody in ended.stderr
    assert "Traceback" not in ended.stderr
