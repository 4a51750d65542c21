"""Which letters a replay sends, and why not the others."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from infra.letters.shown import letter_id, printable
from stream.event import InvalidEvent
from stream.letterbox import StoredLetter
from stream.logreader import LoggedRecord
from stream.record import LOG_APPEND_TIME
from stream.scoring import accepted
from stream.standing import checksum
from stream.tenants import Tenants

NAMED: Final = 20
"""Letters and reasons named one by one; beyond that their number says enough."""

Refuses = Callable[[StoredLetter], str | None]
"""Why a letter would only die again; None where it would not."""


@dataclass(slots=True)
class Plan:
    """What a replay would do."""

    chosen: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Partition of the dead-letter topic to offsets."""
    letters: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    replayed: int = 0
    """Passed over, as they were replayed before."""
    repeated: int = 0
    """Passed over, as another letter of the same record is chosen."""
    cut: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """Why letters would be refused again, and how many are left for it."""

    def sentences(self, topic: str) -> Iterator[str]:
        """The plan for a person."""
        yield f"{how_many(self.letters)} to replay into {topic}{':' if self.letters else ''}"
        for reason, number in self.reasons.most_common(NAMED):
            yield f"  {number:>9,}  {reason}"
        if self.replayed:
            yield f"{self.replayed:,} replayed before, passed over"
        if self.repeated:
            yield f"{self.repeated:,} stand there twice, passed over"
        if self.cut:
            yield f"{len(self.cut):,} cannot be replayed, as they were too large to be kept whole: {named(self.cut)}"
        if self.refused:
            yield f"{sum(self.refused.values()):,} would be refused again and stay (--force sends them):"
        for reason, number in self.refused.most_common(NAMED):
            yield f"  {number:>9,}  {reason}"


def plan(letters: Iterable[StoredLetter], limit: int | None, refuses: Refuses) -> Plan:
    """Choose letters; at most ``limit`` of them."""
    found, seen = Plan(), set[tuple[str, int, int, int]]()
    for letter in letters:
        if found.letters == limit:
            break
        record = (*letter.source, letter.source_offset, checksum(letter.key, letter.value, letter.source_timestamp))
        if letter.replayed_at is not None:
            found.replayed += 1
        elif not letter.whole:
            found.cut.append(letter_id(letter))
        elif record in seen:
            found.repeated += 1
        elif (reason := refuses(letter)) is not None:
            found.refused[reason] += 1
        else:
            seen.add(record)
            found.chosen[letter.partition].add(letter.offset)
            found.letters += 1
            found.reasons[why(letter.field, letter.reason)] += 1
    return found


def by_rules_of(tenants: Tenants, now_ms: int) -> Refuses:
    """Why a worker with these tenants would refuse a letter that the log took now."""

    def refuses(letter: StoredLetter) -> str | None:
        record = LoggedRecord(
            letter.source_offset, now_ms, LOG_APPEND_TIME, letter.key, letter.value, list(letter.headers)
        )
        try:
            accepted(record, tenants)
        except InvalidEvent as error:
            return why(error.field, error.reason)
        return None

    return refuses


def why(field: str, reason: str) -> str:
    """Field and reason in one line."""
    return printable(f"{field}: {reason}" if field else reason)


def named(ids: list[str]) -> str:
    """The ids, or the first of many."""
    more = len(ids) - NAMED
    return ", ".join(ids[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def how_many(number: int) -> str:
    """``1 letter``, ``2 letters``."""
    return f"{number:,} letter{'' if number == 1 else 's'}"
