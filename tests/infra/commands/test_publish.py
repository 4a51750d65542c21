"""``aura publish`` as a user runs it, against librdkafka's in-process broker with a reader that commits."""

import gzip
import json
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli import app
from tests.command_line import DEADLINE_SECONDS, CommandLine, TopicReader, wait_until


def write_rows(path: Path, count: int, gap_seconds: int = 60) -> None:
    lines = [f"kettle,review number {n},{1_600_000_000 + n * gap_seconds},5\n" for n in range(1, count + 1)]
    path.write_text("product_id,text,occurred_at,rating\n" + "".join(lines))


def test_the_real_datafiniti_file_arrives_whole(aura: CommandLine, reader: TopicReader, shared_data: Path) -> None:
    file = shared_data / "product_reviews_datafiniti_layout.csv.gz"
    ended = aura("publish", str(file), "--tenant", "shop", "--format", "datafiniti", "--strict", "--json")
    assert ended.returncode == 3, ended.stderr
    counts = json.loads(ended.stdout)
    assert (counts["published"], counts["rejected"], counts["failed"]) == (25_498, 43, 0)
    assert counts["resume_from"] is None
    assert counts["rate"] == pytest.approx(counts["published"] / counts["seconds"], rel=0.05)
    events = reader.events(25_498)
    assert len(events) == len({event.event_id for event in events}) == 25_498
    assert {(event.tenant, event.source) for event in events} == {("shop", "datafiniti")}
    rejects = [json.loads(line) for line in Path(f"{file.name}.rejects.jsonl").read_text().splitlines()]
    assert len(rejects) == 43
    assert {row["field"] for row in rejects} == {"occurred_at"}
    assert all(set(row) == {"row", "line", "field", "reason"} and 1 <= row["row"] <= 25_541 for row in rejects)


def test_standard_input_and_no_rejects_file_without_rejects(aura: CommandLine, reader: TopicReader) -> None:
    lines = "".join(
        json.dumps({"product_id": "kettle", "text": f"review {n}", "occurred_at": 1_600_000_000 + n}) + "\n"
        for n in range(10)
    )
    ended = aura("publish", "-", "--tenant", "shop", "--format", "jsonl", "--strict", given=lines)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("published 10 reviews in ")
    assert {event.text for event in reader.events(10)} == {f"review {n}" for n in range(10)}
    assert list(Path().iterdir()) == []


def test_rejects_alone_end_well_without_strict(aura: CommandLine, reader: TopicReader) -> None:
    Path("r.csv").write_text("product_id,text,occurred_at\nkettle,,2024-01-01\nkettle,Good.,2024-01-01\n")
    ended = aura("publish", "r.csv", "--tenant", "shop", "--rejects", "bad.jsonl")
    assert ended.returncode == 0, ended.stderr
    assert "1 rows rejected, see bad.jsonl" in ended.stdout
    assert json.loads(Path("bad.jsonl").read_text()) == {
        "row": 1,
        "line": 2,
        "field": "text",
        "reason": "required, but missing",
    }
    assert len(reader.events(1)) == 1


def test_ctrl_c_prints_where_to_go_on_and_nothing_is_lost_or_doubled(aura: CommandLine, reader: TopicReader) -> None:
    write_rows(Path("r.csv"), 2_000)
    running = aura.start("publish", "r.csv", "--tenant", "shop", "--rate", "500", "--json")
    wait_until(lambda: len(reader.messages) > 20)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=DEADLINE_SECONDS)
    assert running.returncode == 130, errors
    counts = json.loads(output)
    assert 20 < counts["published"] < 2_000
    assert counts["resume_from"] == counts["published"] + 1
    rest = aura("publish", "r.csv", "--tenant", "shop", "--json", "--resume-from", str(counts["resume_from"]))
    assert rest.returncode == 0, rest.stderr
    assert json.loads(rest.stdout)["published"] == 2_000 - counts["published"]
    assert sorted(event.text for event in reader.events(2_000)) == sorted(f"review number {n}" for n in range(1, 2_001))


def test_a_pipe_that_ended_with_ctrl_c_may_not_have_been_at_its_end(aura: CommandLine, reader: TopicReader) -> None:
    """Ctrl-C in a terminal ends whatever feeds the pipe, too."""
    line = json.dumps({"product_id": "kettle", "text": "It boils.", "occurred_at": 1_600_000_000}) + "\n"
    running = aura.start("publish", "-", "--tenant", "shop", "--format", "jsonl", "--json")
    assert running.stdin is not None
    running.stdin.write(line * 5)
    running.stdin.flush()
    reader.events(5)
    running.send_signal(signal.SIGINT)
    output, errors = running.communicate(timeout=DEADLINE_SECONDS)
    assert running.returncode == 130, errors
    assert json.loads(output)["resume_from"] == 6


def test_what_was_killed_is_repeated_with_the_same_event_ids(aura: CommandLine, reader: TopicReader) -> None:
    write_rows(Path("r.csv"), 2_000)
    running = aura.start("publish", "r.csv", "--tenant", "shop", "--rate", "500")
    wait_until(lambda: len(reader.messages) > 20)
    running.kill()
    output, _ = running.communicate(timeout=DEADLINE_SECONDS)
    assert output == ""
    ended = aura("publish", "r.csv", "--tenant", "shop")
    assert ended.returncode == 0, ended.stderr
    wait_until(lambda: len({(m.key(), m.value()) for m in reader.messages}) == 2_000)
    assert len({event.event_id for event in reader.events(2_001)}) == 2_000


def test_a_resume_point_beyond_the_end_of_the_file_is_refused(aura: CommandLine, reader: TopicReader) -> None:
    write_rows(Path("r.csv"), 10)
    ended = aura("publish", "r.csv", "--tenant", "shop", "--resume-from", "500")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "aura: r.csv: expected --resume-from of at most 11, as there are 10 rows; got 500" in ended.stderr


def test_a_part_of_the_file_in_pieces(aura: CommandLine, reader: TopicReader) -> None:
    write_rows(Path("r.csv"), 100)
    for first in (1, 41):
        ended = aura("publish", "r.csv", "--tenant", "shop", "--limit", "40", "--resume-from", str(first))
        assert ended.returncode == 0, ended.stderr
    assert {event.text for event in reader.events(80)} == {f"review number {n}" for n in range(1, 81)}


def test_a_rate_is_kept(aura: CommandLine, reader: TopicReader) -> None:
    write_rows(Path("r.csv"), 600)
    ended = aura("publish", "r.csv", "--tenant", "shop", "--rate", "300", "--json")
    assert json.loads(ended.stdout)["rate"] == pytest.approx(300, rel=0.05)


def test_a_replay_as_if_live_happens_now_in_time_order(aura: CommandLine, reader: TopicReader) -> None:
    write_rows(Path("r.csv"), 100, gap_seconds=-3_600)  # the newest comes first, 99 hours in all
    before = time.time_ns() // 1_000_000
    ended = aura("publish", "r.csv", "--tenant", "shop", "--replay", "360000", "--shift-to-now", "--json")
    after = time.time_ns() // 1_000_000
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["seconds"] == pytest.approx(0.99, abs=0.5)
    events = reader.events(100)
    assert [event.text for event in events] == [f"review number {n}" for n in range(100, 0, -1)]
    gaps = {later.occurred_ms - earlier.occurred_ms for earlier, later in pairwise(events)}
    assert gaps <= {9, 10, 11}
    assert before <= events[0].occurred_ms <= events[-1].occurred_ms <= after


def test_a_file_that_breaks_off_is_published_to_the_break(aura: CommandLine, reader: TopicReader) -> None:
    write_rows(Path("r.csv"), 20_000)
    packed = gzip.compress(Path("r.csv").read_bytes())
    Path("r.csv.gz").write_bytes(packed[: len(packed) // 2])
    ended = aura("publish", "r.csv.gz", "--tenant", "shop", "--json")
    assert ended.returncode == 1
    assert "aura: r.csv.gz: cannot be read past line" in ended.stderr
    counts = json.loads(ended.stdout)
    assert 0 < counts["published"] < 20_000
    assert counts["resume_from"] == counts["published"] + 1
    assert len(reader.events(counts["published"])) == counts["published"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tenant", "Shop"], "expected 1-63 of a-z"),
        (["--column", "text"], "expected FIELD=COLUMN"),
        (["--column", "tenant=x"], "expected FIELD=COLUMN"),
        (["--column", "text=absent"], "no such column: text=absent"),
        (["--set", "rating"], "expected FIELD=VALUE"),
        (["--timezone", "Mars/Base"], "expected the name of a zone"),
        (["--delimiter", "ab"], "expected one character"),
        (["--rate", "0"], "expected a number above 0"),
        (["--replay", "inf"], "expected a number above 0"),
        (["--rate", "1", "--replay", "1"], "got both"),
        (["--shift-to-now"], "expected with --replay"),
        (["--limit", "0"], "--limit"),
    ],
)
def test_usage_errors_say_what_was_expected(
    aura: CommandLine, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    write_rows(Path("r.csv"), 1)
    ended = CliRunner().invoke(app, ["publish", "r.csv", "--tenant", "shop", *arguments])
    assert ended.exit_code == 2
    assert said in " ".join(ended.output.split())


def test_a_broker_that_is_away_ends_with_one_sentence(aura: CommandLine) -> None:
    write_rows(Path("r.csv"), 1)
    ended = aura("publish", "r.csv", "--tenant", "shop", "--bootstrap-servers", "127.0.0.1:1")
    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith("aura: Kafka at 127.0.0.1:1: no answer")


def test_a_tenant_that_workers_would_refuse_is_refused_here(aura: CommandLine) -> None:
    write_rows(Path("r.csv"), 1)
    Path("tenants.toml").write_text('[[tenants]]\nid = "bank"\nname = "Bank"\n')
    ended = aura("publish", "r.csv", "--tenant", "shop")
    assert ended.returncode == 1
    assert "(bank), got shop" in ended.stderr
