"""``aura simulate`` as a user runs it."""

import json
import signal
import time
from collections import Counter
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from infra.cli import app
from tests.command_line import DEADLINE_SECONDS, CommandLine, TopicReader, wait_until


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_live_traffic_happens_now_at_the_rate(aura: CommandLine, reader: TopicReader) -> None:
    before = now_ms()
    ended = aura("simulate", "--rate", "200", "--reviews", "600", "--json")
    after = now_ms()
    assert ended.returncode == 0, ended.stderr
    counts = json.loads(ended.stdout)
    assert (counts["published"], counts["failed"]) == (600, 0)
    assert counts["rate"] == pytest.approx(200, rel=0.15)  # moments are random: 600 of them spread by 4 %
    events = reader.events(600)
    assert all(before <= event.occurred_ms <= after for event in events)
    assert set(Counter(event.tenant for event in events)) == {"shop", "bank", "cinema"}
    for message, event in zip(reader.messages, events, strict=True):
        assert message.timestamp()[1] >= event.occurred_ms - 1, "an event came before its time"


def test_a_history_is_published_first_at_full_speed(aura: CommandLine, reader: TopicReader) -> None:
    ended = aura(
        "simulate", "--tenants", "bank", "--history", "6h", "--history-rate", "0.1", "--reviews", "5", "--rate", "50"
    )
    assert ended.returncode == 0, ended.stderr
    events = reader.events(2_000)
    first, last = min(event.occurred_ms for event in events), max(event.occurred_ms for event in events)
    assert last - first == pytest.approx(6 * 3_600_000, rel=0.02)
    assert len(events) == pytest.approx(2_160 + 5, rel=0.1)
    assert {event.tenant for event in events} == {"bank"}
    in_order = sorted(event.occurred_ms for event in events)
    assert max(later - earlier for earlier, later in pairwise(in_order)) < 5 * 60_000


def test_a_duration_ends_it(aura: CommandLine, reader: TopicReader) -> None:
    ended = aura("simulate", "--rate", "100", "--duration", "1s", "--json")
    assert ended.returncode == 0, ended.stderr
    counts = json.loads(ended.stdout)
    assert counts["published"] == pytest.approx(100, rel=0.5)
    assert counts["seconds"] < 3


def test_ctrl_c_is_the_usual_end_of_endless_traffic(aura: CommandLine, reader: TopicReader) -> None:
    running = aura.start("simulate", "--rate", "100", "--json")
    wait_until(lambda: len(reader.messages) > 20)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=DEADLINE_SECONDS)
    assert running.returncode == 0, errors
    counts = json.loads(output)
    assert len(reader.events(counts["published"])) == counts["published"] > 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tenants", "shop,dentist"], "expected some of shop, bank, cinema"),
        (["--tenants", ","], "expected some of"),
        (["--rate", "0"], "expected a number above 0"),
        (["--history-rate", "-1"], "expected a number above 0"),
        (["--duration", "soon"], "expected a duration"),
        (["--history", "0h"], "above zero"),
        (["--reviews", "0"], "--reviews"),
    ],
)
def test_usage_errors_say_what_was_expected(arguments: list[str], said: str) -> None:
    ended = CliRunner().invoke(app, ["simulate", *arguments])
    assert ended.exit_code == 2
    assert said in " ".join(ended.output.split())
