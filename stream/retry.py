"""Trying again: growing pauses, and what the worker waits for just now, told without filling the log.

A library such as tenacity has the pauses. That a trouble of all partitions is told once, ever more rarely and then as
over, and that liveness and readiness can be asked about it, is what stands here.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

import structlog

RETRY_SECONDS: Final = (0.05, 2.0)
"""First and longest pause between two tries: soon enough for a blip, easy on a Redis that comes back."""

TELL_SECONDS: Final = (5.0, 300.0)
"""From the first log line about a trouble to the second, and the longest distance, reached by doubling. An outage of
30 s is three lines; a line for every try of every partition would be hundreds, and hide what else is said."""

Cause = Literal["redis", "kafka", "topic", "dead_letters", "classifier"]
"""Who it is that holds the worker up."""

REMEDIES: Final[dict[Cause, str]] = {
    "redis": "bring Redis back: does it run, has it memory and disk, is it a replica? Nothing is lost meanwhile",
    "kafka": "bring Kafka back: does it run, has every partition a leader? Nothing is lost meanwhile",
    "topic": "it is not the one that the totals are of: use an empty Redis, or another topic name",
    "dead_letters": "look at Kafka: is the dead-letter topic there, has it leaders? Nothing is lost meanwhile",
    "classifier": "mend its artefact, or name another one in the tenants file; nothing is lost meanwhile",
}
"""What an operator can do about each; in every log line that says nothing better."""

log = structlog.get_logger("aura.worker")


@dataclass(slots=True)
class Trouble:
    """Something that does not go on just now."""

    what: str
    """What the worker does meanwhile, such as "holding a batch back"."""
    why: str
    since: float
    """Monotonic seconds."""
    who: dict[str, Cause | None] = field(default_factory=dict)
    """The partitions it is about, or one empty name; and what holds each of them up."""
    outside: bool = False
    """Whether the cause lies outside of the worker, so that starting it afresh would help nobody."""
    last: float = 0.0
    """When it was seen last; monotonic seconds."""
    told: float = 0.0
    pause: float = TELL_SECONDS[0]


class Troubles:
    """The troubles of just now. Used on the event loop; :meth:`current` and :meth:`held_by` on any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._troubles: dict[str, Trouble] = {}

    def current(self) -> list[Trouble]:
        """Those that are not over, the oldest first."""
        return sorted(self._troubles.copy().values(), key=lambda trouble: trouble.since)

    def held_by(self, cause: Cause) -> bool:
        """Whether that holds anything up."""
        return any(cause in tuple(one.who.values()) for one in self.current())

    def sentences(self, seconds: float = 0.0) -> list[str]:
        """Those that last for that long, for people: what, for how long, and why."""
        now = self._clock()
        return [
            f"{one.what} for {now - one.since:.0f} s: {one.why}" for one in self.current() if now - one.since >= seconds
        ]

    def seen(
        self,
        what: str,
        why: object,
        *,
        who: object = "",
        level: Literal["warning", "error"] = "warning",
        outside: bool = False,
        by: Cause | None = None,
        **about: Any,
    ) -> None:
        """It happened (again). Logged at first, then ever more rarely.

        Args:
            what: what the worker does meanwhile.
            why: the cause.
            who: the partition it is about.
            level: of its log lines.
            outside: see :class:`Trouble`.
            by: what holds it up, where :data:`Cause` knows it.
            about: more for the log line.
        """
        now = self._clock()
        trouble = self._troubles.get(what)
        first = trouble is None
        if trouble is None:
            trouble = self._troubles[what] = Trouble(what, "", now)
        trouble.why, trouble.outside, trouble.last = str(why), outside, now
        trouble.who[str(who)] = by
        if not first and now - trouble.told < trouble.pause:
            return
        if not first:
            trouble.pause = min(trouble.pause * 2, TELL_SECONDS[1])
            about["for_seconds"] = round(now - trouble.since, 1)
        trouble.told = now
        if partitions := sorted(filter(None, trouble.who)):
            about["partitions"] = partitions
        if by:
            about.setdefault("do", REMEDIES[by])
        getattr(log, level)(what, error=trouble.why, **about)

    def over(self, what: str, *, who: object = "", tell: bool = True) -> None:
        """It goes on, at least for ``who``; logged when it does for all of them, unless ``tell`` is false."""
        trouble = self._troubles.get(what)
        if trouble is None:
            return
        trouble.who.pop(str(who), None)
        if not trouble.who:
            del self._troubles[what]
            if tell:
                log.info(f"over: {what}", seconds=round(self._clock() - trouble.since, 1))

    def retrying(self, what: str, *, who: object = "", **about: Any) -> "Retrying":
        """A context for a loop of tries; ``about`` as for :meth:`seen`."""
        return Retrying(self, what, who, about)


class Retrying:
    """The tries of one thing: await :meth:`failed` after each that failed. Leaving the context ends the trouble."""

    def __init__(self, troubles: Troubles, what: str, who: object, about: dict[str, Any]) -> None:
        self._troubles = troubles
        self._what = what
        self._who = who
        self._about = about
        self._pause = RETRY_SECONDS[0]

    async def failed(self, why: object, **about: Any) -> None:
        """Tell it, and wait before the next try: each time twice as long."""
        self._troubles.seen(self._what, why, who=self._who, **self._about, **about)
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, RETRY_SECONDS[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # Whoever leaves with an error, a cancellation too, has stopped waiting; nothing was overcome.
        self._troubles.over(self._what, who=self._who, tell=kind is None)
