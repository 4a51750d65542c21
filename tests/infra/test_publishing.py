"""Runs of ``aura publish`` that are cut short, and go on with what they printed; Kafka is played."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from infra.errors import CommandError
from infra.interrupt import Interrupt
from infra.publishing import Counts, Pace, PublishRun
from infra.rejects import Rejects
from infra.sending import Sending
from stream.event import ReviewEvent
from stream.publish import Delivered, Publisher
from stream.readers.rows import Accepted, Rejected
from stream.readers.source import Source, SourceError
from tests.stream.samples import NOON_MS, event

ROWS = 100
AT_ONCE = Pace(replay=1e12)
STREAM = Pace()


class Stops(Interrupt):
    """Ctrl-C as soon as it has been asked about ``after`` times."""

    def __init__(self, after: int | None) -> None:
        super().__init__()
        self._left = after

    def is_set(self) -> bool:
        if self._left is not None and not super().is_set():
            self._left -= 1
            if self._left < 0:
                self.set()
        return super().is_set()


class Log:
    """A publisher that acknowledges everything, or of a run only the first ``fails_at``."""

    def __init__(self) -> None:
        self.events: list[ReviewEvent] = []
        self.delivered = self.failed = self.outstanding = 0
        self.last_error: str | None = None
        self.fails_at: int | None = None

    def publish(self, given: ReviewEvent, report: Delivered, *, timeout: float) -> bool:
        self.events.append(given)  # it arrives, acknowledged or not
        if self.fails_at == self.delivered:
            self.failed, self.last_error = 1, "no acknowledgement"
        else:
            self.delivered += 1
            report(0, self.delivered)
        return True

    def flush(self, timeout: float) -> int:
        return 0

    def again(self, fails_at: int | None) -> None:
        self.delivered = self.failed = 0
        self.last_error, self.fails_at = None, fails_at

    @property
    def ids(self) -> list[str]:
        return [one.event_id for one in self.events]


def mixed(end: int = ROWS) -> Iterator[Accepted | Rejected]:
    """The newest first, every third no event; breaks off after ``end``."""
    for row in range(1, end + 1):
        if row % 3 == 0:
            yield Rejected(row, row + 1, "text", "required, but missing")
        else:
            yield Accepted(row, row + 1, event(row, occurred_at=NOON_MS - row * 1000))
    if end < ROWS:
        raise SourceError("r.csv", "cannot be read past it")


VALID = sum(isinstance(row, Accepted) for row in mixed())


@pytest.fixture
def log() -> Log:
    return Log()


Run = Callable[..., Counts]


@pytest.fixture
def run(log: Log, tmp_path: Path) -> Run:
    file = tmp_path / "r.csv"
    file.write_text("anything")

    def once(
        pace: Pace,
        end: int = ROWS,
        *,
        stop: int | None = None,
        fails_at: int | None = None,
        limit: int | None = None,
        resume: int | None = 1,
    ) -> Counts:
        assert resume is not None
        log.again(fails_at)
        interrupt = Stops(stop)
        first = resume if pace.replay is None else 1
        with Source(file) as source, Rejects(tmp_path / "rejects.jsonl", first=first) as rejects:
            sending = Sending(cast(Publisher, log), interrupt)
            return PublishRun(source, rejects, sending, interrupt, pace).run(mixed(end), limit, resume)

    return once


@pytest.mark.parametrize("stop", [0, 1, 40, ROWS - 1])
def test_ctrl_c_while_a_replay_reads_its_file_has_sent_nothing(log: Log, run: Run, stop: int) -> None:
    cut = run(AT_ONCE, stop=stop)
    assert (cut.published, cut.resume_from) == (0, 1)
    assert "at any time" in str(cut)
    assert run(AT_ONCE, resume=cut.resume_from).published == VALID
    assert len(set(log.ids)) == VALID


def test_ctrl_c_while_a_resumed_replay_reads_its_file_keeps_the_resume_point(run: Run) -> None:
    assert run(AT_ONCE, stop=40, resume=31).resume_from == 31


@pytest.mark.parametrize("pace", [STREAM, AT_ONCE])
def test_ctrl_c_while_sending_loses_and_doubles_nothing(log: Log, run: Run, pace: Pace) -> None:
    cut = run(pace, stop=30 if pace is STREAM else ROWS + 30)
    assert 0 < cut.published < VALID
    rest = run(pace, resume=cut.resume_from)
    assert rest.resume_from is None
    assert cut.published + rest.published == VALID
    assert len(log.ids) == len(set(log.ids)) == VALID


def test_a_replay_of_a_file_that_breaks_off_sends_nothing(log: Log, run: Run) -> None:
    """What stands behind the break may be older than all before it: no position would be true of the whole file."""
    cut = run(AT_ONCE, 50)
    assert (cut.published, cut.resume_from) == (0, 1)
    assert run(AT_ONCE, resume=cut.resume_from).published == VALID
    assert len(log.ids) == len(set(log.ids)) == VALID


@pytest.mark.parametrize("pace", [STREAM, AT_ONCE])
def test_a_file_that_breaks_off_before_the_resume_point_keeps_it(log: Log, run: Run, pace: Pace) -> None:
    assert run(pace, 10, resume=60).resume_from == 60
    assert log.ids == []


@pytest.mark.parametrize("pace", [STREAM, AT_ONCE])
def test_after_an_outage_what_comes_twice_has_the_same_ids_and_a_time_is_named(log: Log, run: Run, pace: Pace) -> None:
    cut = run(pace, fails_at=20)
    assert (cut.published, cut.failed) == (20, 1)
    assert "within the tenant's duplicate_seconds" in str(cut)
    assert "at any time" not in str(cut)
    assert run(pace, resume=cut.resume_from).published == VALID - 20
    assert len(set(log.ids)) == VALID
    assert len(log.ids) == VALID + 1


@pytest.mark.parametrize("pace", [STREAM, AT_ONCE])
def test_going_on_with_a_limit_ends_where_the_first_run_would_have(log: Log, run: Run, pace: Pace) -> None:
    run(pace, limit=60)
    wanted = log.ids.copy()
    log.events.clear()
    cut = run(pace, limit=60, stop=30 if pace is STREAM else 80)
    assert f"--resume-from {cut.resume_from} --limit {cut.resume_limit} " in str(cut)
    assert run(pace, limit=cut.resume_limit, resume=cut.resume_from).resume_from is None
    assert log.ids == wanted


@pytest.mark.parametrize(("pace", "last"), [(STREAM, ROWS), (AT_ONCE, VALID)])
def test_a_resume_point_beyond_the_end_is_refused(log: Log, run: Run, pace: Pace, last: int) -> None:
    with pytest.raises(CommandError, match=f"at most {last + 1}, .*; got {last + 2}"):
        run(pace, resume=last + 2)
    assert run(pace, resume=last + 1).resume_from is None
    assert log.ids == []


def test_rejects_that_were_read_but_not_passed_are_noted_once(log: Log, run: Run, tmp_path: Path) -> None:
    run(STREAM)
    whole = (tmp_path / "rejects.jsonl").read_text()
    cut = run(STREAM, stop=50)
    assert cut.resume_from is not None
    run(STREAM, resume=cut.resume_from - 20)
    assert (tmp_path / "rejects.jsonl").read_text() == whole
    run(AT_ONCE, resume=VALID)
    assert (tmp_path / "rejects.jsonl").read_text() == whole
