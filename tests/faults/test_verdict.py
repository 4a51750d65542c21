"""The judges of the fault scenarios find what is wrong: a scenario that cannot fail proves nothing."""

import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from stream.event import VERSION_HEADER
from tests.faults.labels import label
from tests.faults.log import Log
from tests.faults.results import SEEDS, Result, complaints, table
from tests.faults.reviews import (
    NAME_HEADER,
    TEXTS,
    VARIANTS,
    WHOLE_TENANT,
    Bad,
    Review,
    Reviews,
    differences,
    letter_differences,
    tally,
)
from tests.faults.traffic import Ledger
from tests.faults.verdict import log_differences
from tests.faults.workers import Pool
from tests.system.programs import Deployment, Program, eventually

NOW = 1_750_161_600_000
DAY = NOW // 86_400_000 * 86_400_000
REVIEW = Review("shop", "kettle", NOW, 4)


def good(text: str) -> bool:
    return True


def bad(text: str) -> bool:
    return False


def test_another_seed_gives_other_reviews_and_the_same_seed_the_same() -> None:
    first, second, third = Reviews(1, NOW), Reviews(1, NOW), Reviews(2, NOW)
    assert [first[i] for i in range(100)] == [second[i] for i in range(100)]
    assert not {first[i].value for i in range(100)} & {third[i].value for i in range(100)}


def test_every_kind_of_bad_record_is_among_the_reviews() -> None:
    reviews = [Reviews(1, NOW, bad_every=10)[i] for i in range(100)]
    bad = [record.verdict for record in reviews if isinstance(record.verdict, Bad)]
    assert len(bad) == 10
    assert {verdict.field for verdict in bad} == {"", "tenant", "rating", "text"}


def test_a_lost_a_doubled_a_misplaced_and_a_mislabelled_review_are_differences() -> None:
    unrated, cheap = REVIEW._replace(rating=None), REVIEW._replace(rating=1)
    expected = tally([REVIEW, unrated, cheap], good)
    row = {DAY: [3, 3, 2, 5, 1, 1]}
    assert expected == {("shop", "kettle"): row, ("shop", WHOLE_TENANT): row}
    assert differences(expected, expected) == []
    for counted in (
        tally([REVIEW, unrated], good),
        tally([REVIEW, unrated, cheap, cheap], good),
        tally([REVIEW, unrated, cheap._replace(at_ms=NOW - 86_400_000)], good),
        tally([REVIEW, unrated, cheap._replace(product="toaster")], good),
        tally([REVIEW, unrated, cheap._replace(tenant="bank")], good),
        tally([REVIEW, unrated, cheap._replace(rating=2)], good),
        tally([REVIEW, unrated, cheap], bad),
        {("shop", "kettle"): row},
        {("shop", "kettle"): row, ("shop", WHOLE_TENANT): {DAY: [2, 3, 2, 5, 1, 1]}},
        {},
    ):
        assert differences(expected, counted)


def test_missing_doubled_changed_and_strange_letters_are_differences() -> None:
    junk = Bad("", b"junk", "no JSON", b"shop/kettle", (("test-name", b"1-7"), ("empty", None)))
    stranger = Bad("tenant", b"{}")
    expected = {(0, 7): junk._replace(reason="JSON"), (1, 3): stranger}
    right = [((1, 3), stranger), ((0, 7), junk)]
    assert letter_differences(expected, right) == []
    assert letter_differences(expected, right[:1]) == ["no dead letter of (0, 7), field ''"]
    assert letter_differences(expected, [*right, right[0]]) == ["2 dead letters of (1, 3)"]
    assert len(letter_differences(expected, [*right, ((0, 8), junk)])) == 1
    for changed in (
        junk._replace(field="text"),
        junk._replace(value=b"jun"),
        junk._replace(reason="of no account"),
        junk._replace(key=None),
        junk._replace(key=b"shop/toaster"),
        junk._replace(headers=junk.headers[:1]),
        junk._replace(headers=junk.headers[::-1]),
        junk._replace(headers=(("test-name", b"1-7"), ("empty", b""))),
    ):
        assert len(letter_differences(expected, [right[0], ((0, 7), changed)])) == 1


def test_a_letter_is_expected_with_the_key_and_the_headers_of_its_record() -> None:
    reviews = [Reviews(1, NOW, bad_every=10)[i] for i in range(10)]
    (record,) = [record for record in reviews if isinstance(record.verdict, Bad)]
    expected = replace(record, headers=[("more", None)]).expected
    assert isinstance(expected, Bad)
    assert (expected.value, expected.key) == (record.value, record.key)
    assert expected.headers == ((VERSION_HEADER, b"1"), (NAME_HEADER, record.name.encode()), ("more", None))


def test_among_the_texts_are_good_and_bad_ones_and_none_at_the_border() -> None:
    texts = {review.text for number in range(2_000) if isinstance(review := Reviews(1, NOW)[number].verdict, Review)}
    labels = label(texts)
    assert len(texts) == len(TEXTS) * VARIANTS
    assert 0.2 < sum(labels.values()) / len(labels) < 0.8


class Lives:
    """Stands for a deployment whose workers are small programs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = 0

    def start(self, *arguments: str, changes: object = None, command: Sequence[str] = ()) -> Program:
        self._started += 1
        log = self._folder / f"{self._started}.log"
        log.touch()
        return Program(subprocess.Popen([*command, str(log)]), log)


SLEEP = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit({code}))
pathlib.Path(sys.argv[1]).write_text('"assigned"')
signal.pause()
"""


def pool_of(folder: Path, code: str) -> Pool:
    system = cast(Deployment, Lives(folder))
    pool = Pool(system, random.Random(1), command=[sys.executable, "-c", code])
    pool.start(2)
    return pool


def test_workers_that_end_as_they_are_told_are_no_differences(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, SLEEP.format(code=0))
    eventually(lambda: len(pool.at_work) == 2, 60, "both run")
    pool.kill(pool.lives[0])
    assert pool.dismiss() == []


@pytest.mark.parametrize("code", ["pass", "raise SystemExit(3)", SLEEP.format(code=3)])
def test_workers_that_ended_when_nobody_looked_are_differences(tmp_path: Path, code: str) -> None:
    pool = pool_of(tmp_path, code)
    for worker in pool.lives:
        if "signal" in code:
            eventually(partial(getattr, worker, "at_work"), 60, "it runs")
        else:
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody knows yet
    if "signal" not in code:
        pool.kill(pool.lives[0])  # too late
    assert [said.split(":")[0] for said in pool.dismiss()] == [
        f"a worker ended with {worker.program.process.returncode}, wanted was {worker.wanted}" for worker in pool.lives
    ]


def test_a_broken_acknowledgement_and_a_stranger_in_the_log_are_differences() -> None:
    ledger = Ledger({"a": REVIEW, "b": REVIEW, "c": REVIEW}, {"a", "b"})
    assert log_differences(Log({(0, 0): "a", (0, 1): "b"}), ledger) == []
    assert log_differences(Log({(0, 0): "a", (0, 1): "b", (0, 2): "c"}), ledger) == [], "c was not acknowledged"
    assert log_differences(Log({(0, 0): "a"}), ledger) == ["b was acknowledged but is not in the log"]
    assert log_differences(Log({(0, 0): "a", (0, 1): "b", (3, 0): "x"}), ledger) == [
        "x is in the log, but nobody sent it"
    ]


def test_the_table_adds_runs_up_and_tells_those_that_ended_early() -> None:
    rows = table(
        [
            Result("kills", 1, records=10, letters=1, faults={"kills": 2}),
            Result("kills", 2, records=20, letters=2, faults={"kills": 3, "nothing": 0}, differences=4),
            Result("flood", 1, error="TimeoutError"),
        ]
    ).splitlines()
    assert rows[2] == "| flood | 1 | 1 | 0 | 0 |  | 0, and 1 ended early |"
    assert rows[3] == "| kills | 2 | 1 2 | 30 | 3 | 5 kills | 4 |"


def test_a_table_that_proves_less_than_it_shows_is_complained_about() -> None:
    kills = [Result("kills", seed, records=10, faults={"kills": 2}) for seed in SEEDS]
    first, *others = (replace(run, scenario="flood") for run in kills)
    assert complaints([*kills, first, *others]) == []
    assert complaints([]) == ["there is no run at all"]
    for wrong in (
        replace(first, differences=1),
        replace(first, error="TimeoutError"),
        replace(first, records=0),
        replace(first, faults={"kills": 0}),
        replace(first, faults={}),
        replace(first, commit="0123abc+"),
    ):
        assert len(complaints([*kills, wrong, *others])) == 1
    assert complaints([*kills, *others]) == ["flood: no run with seed 1"]
    assert complaints([*kills, first, *others, replace(first, seed=6)]) == ["kills: no run with seed 6"]
