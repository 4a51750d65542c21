"""Times and ranges as a request gives them. All results are milliseconds since 1970-01-01 UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.http.problems import RANGE_TOO_LONG, Problem, invalid
from stream.measures import DAY_MS, STEP_MS, Step, bucket_start

MAX_INSTANT: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, beyond which dates cannot be written."""

MAX_BUCKETS: Final[dict[Step, int]] = {"1m": 2_000, "1h": 2_000, "1d": 7_305}
"""2,000 points are more than a chart has pixels and a read of some 10 ms; 7,305 days are 20 years, a catalogue's
whole history."""

MAX_FILLED: Final = 2_000
"""Beyond this only buckets with reviews are listed: most of 20 years' days of a product are empty."""

_DEFAULT_BUCKETS: Final[dict[Step, int]] = {"1m": 60, "1h": 48, "1d": 30}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ALLOWED: Final = "expected RFC 3339 with a zone, such as 2024-05-20T12:00:00Z, or milliseconds since 1970-01-01 UTC"


@dataclass(frozen=True, slots=True)
class Range:
    """Whole buckets of ``step`` from ``start`` up to, but without, ``end``."""

    step: Step
    start: int
    end: int

    @property
    def count(self) -> int:
        """Number of buckets."""
        return (self.end - self.start) // STEP_MS[self.step]


def instant(field: str, text: str) -> int:
    """The time that ``text`` names.

    Raises:
        Problem: neither RFC 3339 with a zone nor epoch milliseconds.
    """
    if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_INSTANT)):
        ms = int(text)
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            hint = "; a + in a query is written %2B" if " " in text else ""
            raise invalid(field, _ALLOWED + hint) from None
        if moment.tzinfo is None:
            raise invalid(field, f"{_ALLOWED}; the zone is missing")
        ms = (moment - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= ms <= MAX_INSTANT:
        raise invalid(field, "expected a time from 1970 to 9999")
    return ms


def span(step: Step, start: int | None, end: int | None, now: int, first_review: int | None) -> Range:
    """The buckets asked for, widened to whole ones.

    Without ``end`` they end with the bucket that holds ``now``. Without ``start`` they are the last hour's minutes,
    two days' hours, or the days since the first review, at least 30 of them.

    Raises:
        Problem: the range is empty, or has more buckets than one answer may list.
    """
    width, most = STEP_MS[step], MAX_BUCKETS[step]
    last = _ceil(end, step) if end is not None else bucket_start(now, step) + width
    if start is not None:
        first = bucket_start(start, step)
    else:
        first = last - _DEFAULT_BUCKETS[step] * width
        if step == "1d" and first_review is not None:
            first = max(min(first, bucket_start(first_review, step)), last - most * DAY_MS)
        first = max(first, 0)
    wanted = Range(step, first, last)
    if wanted.count < 1:
        raise invalid("to", "expected a time after `from`")
    if wanted.count > most:
        raise Problem(
            RANGE_TOO_LONG,
            f"{wanted.count:,} buckets of {step} from `from` to `to`; at most {most:,} are answered at once: "
            "shorten the range or take a longer step.",
            allowed=most,
        )
    return wanted


def _ceil(ms: int, step: Step) -> int:
    return bucket_start(ms + STEP_MS[step] - 1, step)
