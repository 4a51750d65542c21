"""One run of ``aura publish``: rows of a file to Kafka at some pace, counted, to be resumed where it ended."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice

from infra.errors import CommandError
from infra.interrupt import Interrupt
from infra.rejects import Rejects
from infra.sending import FLUSH_SECONDS, ProgressBar, Sending
from stream.pacing import Pacer
from stream.readers.rows import Accepted, Rejected
from stream.readers.source import Source, SourceError
from stream.replay import in_time_order, timed

Rows = Iterable[Accepted | Rejected]

_EXACT = " and the file unchanged, at any time"
"""Kafka has acknowledged everything before the resume point, and nothing else was sent."""

_IN_DOUBT = (
    " and the file unchanged, within the tenant's duplicate_seconds: rows from there on may have arrived, and count "
    "once until then"
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast to send: as fast as Kafka takes it, ``rate`` a second, or as the reviews were written."""

    rate: float | None = None
    replay: float | None = None
    """Divides the gaps between event times."""
    shift_to_now: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How a run ended."""

    published: int
    rejected: int
    failed: int
    seconds: float
    rate: float
    rejects_file: str | None
    resume_from: int | None
    """Where to go on: a row, or with a replay a position in time order. None when the run came to its end."""
    resume_limit: int | None
    """The limit with which to go on there; None where there was none."""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)

    def __str__(self) -> str:
        sentence = f"published {self.published:,} reviews in {self.seconds:.1f} s ({self.rate:,.0f}/s)"
        if self.rejected:
            sentence += f"; {self.rejected:,} rows rejected, see {self.rejects_file}"
        if self.failed:
            sentence += f"; {self.failed:,} not acknowledged"
        if self.resume_from is not None:
            sentence += f"; go on with --resume-from {self.resume_from}"
            if self.resume_limit is not None:
                sentence += f" --limit {self.resume_limit}"
            sentence += _IN_DOUBT if self.failed else _EXACT
        return sentence


class PublishRun:
    """Sends the rows of one source.

    Args:
        source: what the rows are read from; for the progress bar.
        rejects: where rows go that are no events.
        sending: where events go.
        interrupt: ends the run early.
        pace: how fast.
    """

    def __init__(self, source: Source, rejects: Rejects, sending: Sending, interrupt: Interrupt, pace: Pace) -> None:
        self._source = source
        self._rejects = rejects
        self._sending = sending
        self._interrupt = interrupt
        self._pace = pace
        self._broken: SourceError | None = None
        self._ended = False

    def run(self, rows: Rows, limit: int | None, resume_from: int) -> Counts:
        """Send, and wait until Kafka has answered for all that was sent.

        Args:
            rows: of the whole file.
            limit: rows to read at most, those passed over not counted.
            resume_from: the first row to send; with a replay, the first position in time order.

        Raises:
            CommandError: ``resume_from`` lies beyond the end of the file.
        """
        self._sending.passed(resume_from - 1)
        if self._pace.replay is None:
            self._stream(islice(self._later(self._whole(rows), resume_from), limit))
        else:
            self._replay(islice(self._whole(rows), limit), self._pace.replay, resume_from)
        self._sending.finish(FLUSH_SECONDS)
        whole = self._ended and self._broken is None and self._sending.failure is None
        next_, left = self._sending.resume_from, limit
        if limit is not None and self._pace.replay is None:
            left = limit - (next_ - resume_from)
            whole = whole or not left
        return Counts(
            published=self._sending.published,
            rejected=self._rejects.count,
            failed=self._sending.failed,
            seconds=round(self._sending.seconds, 3),
            rate=round(self._sending.rate, 1),
            rejects_file=str(self._rejects.path) if self._rejects.count else None,
            resume_from=None if whole else next_,
            resume_limit=None if whole else left,
        )

    def check(self) -> None:
        """Say what kept the run from its end, if it was not the user.

        Raises:
            CommandError: the file broke off, or Kafka took no more.
        """
        if self._broken is not None:
            raise CommandError(str(self._broken))
        if self._sending.failure is not None:
            raise CommandError(f"Kafka takes no more events: {self._sending.failure}")

    def _whole(self, rows: Rows) -> Iterator[Accepted | Rejected]:
        """The rows to where the file ends or breaks."""
        try:
            yield from rows
        except SourceError as error:
            self._broken = error

    def _later(self, rows: Iterator[Accepted | Rejected], resume_from: int) -> Iterator[Accepted | Rejected]:
        """The rows from ``resume_from`` on."""
        before = sum(1 for _ in islice(rows, resume_from - 1))
        if self._broken is None:
            self._check_end(resume_from, before, "rows")
        return rows

    def _check_end(self, resume_from: int, count: int, what: str) -> None:
        """Refuse to begin beyond the end: whoever asks for it has another file, or a slip in the number.

        Just behind the last is no error: where only a file's end was damaged, that is where a run stops.
        """
        if resume_from > count + 1:
            raise CommandError(
                f"{self._source.name}: expected --resume-from of at most {count + 1}, as there are {count} {what}; "
                f"got {resume_from}; nothing was published"
            )

    def _accepted(self, rows: Rows) -> Iterator[Accepted]:
        """The rows that are events; the others are noted."""
        for row in rows:
            if self._interrupt.is_set():
                return
            if isinstance(row, Rejected):
                self._rejects.write(row)
                if self._pace.replay is None:  # whose positions are not those of rows
                    self._sending.passed(row.row)
            else:
                yield row
        # Ctrl-C ends whatever feeds a pipe, too: its end is then perhaps not that of the reviews.
        self._ended = self._source.size is not None or not self._interrupt.is_set()

    def _stream(self, rows: Rows) -> None:
        pacer, rate = Pacer(self._interrupt), self._pace.rate
        with ProgressBar("publishing", self._source.size) as bar:
            for count, row in enumerate(self._accepted(rows)):
                due = rate is None or pacer.until(count / rate)
                if not due or not self._sending.send(row.row, row.event, bar.waiting):
                    self._ended = False
                    return
                if bar.due():
                    bar.show(count + 1, self._source.position, self._note())

    def _replay(self, rows: Rows, speed: float, resume_from: int) -> None:
        events = in_time_order(self._accepted(rows))
        if not self._ended or self._broken is not None:
            return  # nothing is sent: without the rest of the file, positions in time order would be others
        self._check_end(resume_from, len(events), "reviews to replay")
        later = events[resume_from - 1 :]
        now_ms = time.time_ns() // 1_000_000 if self._pace.shift_to_now else None
        pacer = Pacer(self._interrupt)
        with ProgressBar("replaying", len(later)) as bar:
            for count, due in enumerate(timed(later, speed, now_ms)):
                position = resume_from + count
                if not pacer.until(due.seconds) or not self._sending.send(position, due.event, bar.waiting):
                    self._ended = False
                    return
                bar.show(count + 1, count + 1, self._note())

    def _note(self) -> str:
        return f", {self._rejects.count:,} rejected" if self._rejects.count else ""
