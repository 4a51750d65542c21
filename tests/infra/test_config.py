"""``aura config`` as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path


def config(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AURA_")}
    command = [sys.executable, "-c", "from infra.cli import main; main()", "config", *arguments]
    return subprocess.run(command, cwd=folder, env=environment | variables, capture_output=True, text=True, timeout=60)


def test_each_setting_is_printed_with_value_and_source(tmp_path: Path) -> None:
    (tmp_path / "aura.toml").write_text("batch_size = 512\n")
    ended = config(tmp_path, AURA_REDIS_URL="redis://:opensesame@db:6379/0", AURA_ALLOW_REMOTE="1")
    assert ended.returncode == 0
    lines = {line.split()[0]: line.split()[1:3] for line in ended.stdout.splitlines()}
    assert lines["AURA_BATCH_SIZE"] == ["512", "file"]
    assert lines["AURA_REDIS_URL"] == ["redis://:********@db:6379/0", "environment"]
    assert lines["AURA_ALLOW_REMOTE"] == ["true", "environment"]
    assert lines["AURA_API_PORT"] == ["8000", "default"]
    assert "opensesame" not in ended.stdout


def test_json_is_one_object_and_alone_on_standard_output(tmp_path: Path) -> None:
    ended = config(tmp_path, "--json", AURA_PARTITIONS="8")
    shown = json.loads(ended.stdout)
    assert (shown["AURA_PARTITIONS"]["value"], shown["AURA_PARTITIONS"]["source"]) == (8, "environment")
    assert shown["AURA_ALLOW_REMOTE"]["value"] is False


def test_a_wrong_setting_ends_with_exit_code_2_and_sentences_on_standard_error(tmp_path: Path) -> None:
    ended = config(tmp_path, AURA_PARTITIONS="x", AURA_TOPICS="y")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        "aura: AURA_TOPICS: no such setting; did you mean AURA_TOPIC?",
        "aura: AURA_PARTITIONS: expected a whole number from 1 to 1000, got 'x'",
    ]
