"""``aura tune``."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.commands import train as train_command
from infra.commands import tune as tune_command
from models.training.recipe import Recipe
from models.tuning import search as tuning
from models.tuning.propose import propose
from models.tuning.store import Store
from models.tuning.trial import Trial
from tests.infra.commands.running import aura
from tests.models.samples import write_reviews
from tests.models.tuning.samples import failed, over

SMALL = ("--set", "embedding=8", "--words", "60", "--length", "12", "--batch", "16")


@pytest.fixture
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "reviews.csv"
    write_reviews(path)
    return path


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Trials end at once with figures that follow from their points, a third of them fail; how each was asked for."""
    calls: list[dict[str, Any]] = []

    def run(store: Store, material: object, **how: Any) -> None:
        calls.append(how | {"search": store.search})
        for number in range(len(store.trials), how["trials"]):
            if how["stopped"]():
                return
            done = [store.trials[n] for n in range(number)]
            point = propose(store.search, number, done, [trial.point for trial in done])
            how["watcher"].started(number, point)
            trial = failed(number, point) if number % 3 == 2 else over(store.search, number, point)
            store.add(trial)
            how["watcher"].finished(trial)

    monkeypatch.setattr(tuning, "run", run)
    return calls


def test_the_report_is_a_table_files_and_the_command_that_trains_the_best(
    reviews: Path, untrained: list[dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = aura(
        capsys, "tune", "lstm-2", reviews, *SMALL, "--task", "bad", "--trials", 23, "--epochs", 2, "--jobs", 3,
        "--split", "stratified", "--validation", 0.2, "--seed", 7, "--class-weights", "balanced", "--subset", 0.5,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    folder = Path("tuning/lstm-2-reviews")
    document = json.loads((folder / "trials.json").read_text())
    assert len(document["trials"]) == 23
    assert (folder / "trials.png").read_bytes().startswith(b"\x89PNG")
    assert len((folder / "trials.csv").read_text().splitlines()) == 24
    assert "lstm-2 on reviews.csv: 23 trials, by Multi-label AUC" in ended.out
    assert "and 3 more" in ended.out
    assert "trial 2: failed: out of memory" in ended.err
    assert re.search(r"trial 0: Multi-label AUC 0\.\d{4} in 1 s \(units 64,128, dropouts 0.1,0.3,0.1, ", ended.err)

    printed = shlex.split(ended.out.splitlines()[-1])
    assert printed == document["command"]
    wanted = untrained[0]["search"]
    best = wanted.best([store_trial(each) for each in document["trials"]])
    assert best.number == document["best"]
    asked: list[Recipe] = []

    def stop(rows: object, recipe: Recipe, *_: object) -> None:
        asked.append(recipe)
        raise KeyboardInterrupt

    monkeypatch.setattr(train_command, "_train", stop)
    assert aura(capsys, *printed[1:]).code == 130
    found = wanted.space.applied(wanted.recipe, best.point)
    assert (found.share, found.seed, found.fitting.class_weights) == (0.5, 7, "balanced")
    assert asked == [recipe_with_all_rows(found)]


def test_a_search_grows_is_shown_again_and_is_begun_anew_only_on_request(
    reviews: Path, untrained: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("tune", "gru-1", reviews, *SMALL, "--validation", 0.2, "--out", "here", "--task", "bad")
    assert aura(capsys, *command, "--trials", 2).code == 0
    grown = aura(capsys, *command, "--trials", 4)
    assert "4 trials, 2 of them done" in grown.err
    assert re.findall(r"^trial (\d):", grown.err, re.MULTILINE) == ["2", "3"]
    table = Path("here/trials.csv").read_bytes()
    assert aura(capsys, *command, "--trials", 1).code == 0
    assert Path("here/trials.csv").read_bytes() == table

    other = aura(capsys, *command, "--objective", "macro-f1")
    assert other.code == 1
    assert "here: holds a search with another objective; name another folder, or begin anew with --fresh" in other.err
    fresh = aura(capsys, *command, "--objective", "macro-f1", "--fresh", "--trials", 1)
    assert fresh.code == 0
    assert "1 trials, by Macro-F1" in " ".join(fresh.out.split())


def test_ctrl_c_reports_what_is_done_and_says_how_to_go_on(
    reviews: Path,
    untrained: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add = Store.add

    def interrupted(store: Store, trial: Trial) -> None:
        add(store, trial)
        if trial.number == 1:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Store, "add", interrupted)
    ended = aura(capsys, "tune", "gru-1", reviews, *SMALL, "--task", "bad", "--validation", 0.2, "--trials", 9)
    assert ended.code == 130
    assert "interrupted; every finished trial is kept, and the same command goes on" in ended.err
    assert len(json.loads(Path("tuning/gru-1-reviews/trials.json").read_text())["trials"]) == 2


def test_where_every_trial_failed_there_is_no_best(
    reviews: Path,
    untrained: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "over", lambda _, number, point: failed(number, point))
    Path("tuning/gru-1-reviews").mkdir(parents=True)
    Path("tuning/gru-1-reviews/trials.png").write_bytes(b"of a search that is forgotten")
    ended = aura(capsys, "tune", "gru-1", reviews, *SMALL, "--task", "bad", "--validation", 0.2, "--trials", 2)
    assert ended.code == 1
    assert "no trial has a figure; trial 0: out of memory" in ended.err
    assert not Path("tuning/gru-1-reviews/trials.png").exists()


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--search", "heads=8,16"), 1, "gru-1 has no heads to choose"),
        (("--search", "units=9000"), 1, "units=9000"),
        (("--search", "units=many"), 2, "not name=number"),
        (("--search", "units=8,16", "--set", "units=8"), 1, "either one value is set or several are searched"),
        (("--lr", "0.01", "--set", "units=8", "--set", "dropouts=0,0"), 1, "nothing is left to choose"),
        (("--task", "stars", "--validation", "0.02"), 1, "the validation part has no review of class"),
        (("--read-title",), 1, "which column holds the headline"),
        (("--out", "reviews.csv"), 1, "reviews.csv: cannot be written"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_trained(
    options: tuple[str, ...], code: int, reason: str, reviews: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = aura(capsys, "tune", "gru-1", reviews, "--task", "bad", *options)
    assert ended.code == code
    assert reason in " ".join(ended.err.replace("│", " ").split())
    assert sorted(path.name for path in reviews.parent.iterdir()) == ["reviews.csv"]


def test_jobs_are_the_idle_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.engines.choose.has_gpu", lambda: False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 3})
    for busy, idle in (([0, 90, 0, 20], 2), ([100] * 4, 1)):
        monkeypatch.setattr(psutil, "cpu_percent", lambda busy=busy, **_: busy)
        assert tune_command._idle_cores() == idle
    monkeypatch.setattr("models.engines.choose.has_gpu", lambda: True)
    monkeypatch.setattr(psutil, "cpu_percent", lambda **_: [0] * 4)
    assert tune_command._idle_cores() == 1


@pytest.mark.timeout(900)
def test_a_search_that_is_interrupted_and_then_killed_loses_no_finished_trial(reviews: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "infra", "tune", "gru-1", str(reviews), *SMALL, "--task", "bad", "--validation", "0.2",
        "--search", "units=2,4", "--epochs", "2", "--trials", "2", "--out", "here",
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    trials = tmp_path / "here" / "trials.json"

    def started(jobs: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, "--jobs", str(jobs)], env=environment, text=True, stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    # Ctrl-C reaches the whole group, as it does from a terminal.
    first = started(1)
    assert first.stderr is not None
    seen = ""
    while "trial 0: Multi-label AUC" not in seen:
        seen += (line := first.stderr.readline())
        assert line, seen
    os.killpg(first.pid, signal.SIGINT)
    rest = first.stderr.read()
    assert first.wait(120) == 130
    assert "Traceback" not in rest
    [kept] = json.loads(trials.read_text())["trials"]

    killed = started(1)
    checkpoint = tmp_path / "here" / "trial-1.checkpoint"
    until(lambda: checkpoint.exists() or killed.poll() is not None)
    workers = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    killed.wait()
    until(lambda: not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers))

    last = started(2)
    told = last.communicate(timeout=400)[1]
    assert last.returncode == 0, told
    found = json.loads(trials.read_text())["trials"]
    assert found[0] == kept
    assert [(each["number"], each["failure"], len(each["history"])) for each in found] == [(0, "", 2), (1, "", 2)]
    assert not checkpoint.exists()


def until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def store_trial(fields: dict[str, Any]) -> Trial:
    import msgspec

    return msgspec.convert(fields, Trial)


def recipe_with_all_rows(recipe: Recipe) -> Recipe:
    import msgspec

    return msgspec.structs.replace(recipe, share=1.0)
