"""The process of ``aura alerts run``: evaluates in turns with its likes, and delivers beside them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from stream.alerts import metrics
from stream.alerts.book import Deposed
from stream.alerts.evaluator import Evaluator, Unfinished
from stream.alerts.sender import Sender
from stream.store.connection import connect
from stream.store.state import StoreUnavailable
from stream.tenants import Tenants

SEND_SECONDS: Final = 1.0
"""Between two looks at what is due."""

STUCK_SECONDS: Final = 60.0
"""Without a finished round for this long the process should be started afresh, unless Redis is away."""

CLOSE_SECONDS: Final = 2.0

log = structlog.get_logger("aura.alerts")


@dataclass(frozen=True, slots=True)
class AlertsConfig:
    """What the process needs to know."""

    redis_url: str
    folder: Path
    """Of the tenants file."""
    seconds: float
    """Between two rounds of evaluation."""


class Vital:
    """Whether the process lives and is ready, for :mod:`stream.statuspage`. Any thread may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned = clock()
        self.trouble: str | None = None

    def turned(self, trouble: str | None = None) -> None:
        """A round ended, with a trouble from outside or without."""
        self._turned, self.trouble = self._clock(), trouble

    def dead(self) -> str | None:
        """Why the process should be started afresh."""
        silent = self._clock() - self._turned
        return f"no round of evaluation ended for {silent:.0f} s; start it afresh" if silent > STUCK_SECONDS else None

    def unready(self) -> list[str]:
        """Why no alerts are evaluated just now."""
        return [reason for reason in (self.dead(), self.trouble) if reason]


async def run(config: AlertsConfig, tenants: Callable[[], Tenants], vital: Vital, stop: asyncio.Event) -> None:
    """Evaluate and deliver until ``stop``.

    Args:
        config: what to know.
        tenants: gives those in force.
        vital: is told of rounds.
        stop: ends it.
    """
    client = connect(config.redis_url)
    evaluator, sender = Evaluator(client, tenants), Sender(client, tenants, config.folder)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_repeat(_evaluation(evaluator, vital), config.seconds, stop))
            tasks.create_task(_repeat(_delivery(sender), SEND_SECONDS, stop))
    finally:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await sender.close()
                await evaluator.close()
        except (StoreUnavailable, TimeoutError):
            log.warning("ended without giving the lease back", do="nothing: it ends by itself within 15 s")
        await client.aclose()


def _evaluation(evaluator: Evaluator, vital: Vital) -> Callable[[], Awaitable[None]]:
    async def round_() -> None:
        trouble = None
        try:
            led = evaluator.leading
            if await evaluator.round() and not led:
                log.info("this process evaluates the alert rules now")
        except StoreUnavailable as error:
            trouble = f"Redis does not answer: {error}"
            metrics.FAILURES.labels("redis").inc()
            evaluator.forget()
            log.warning("alert rules cannot be evaluated", error=str(error), do="bring Redis back; nothing is lost")
        except Deposed:
            metrics.FAILURES.labels("deposed").inc()
            evaluator.step_down()
            log.warning("another process evaluates the alert rules", do="nothing")
        except Unfinished:
            metrics.FAILURES.labels("error").inc()
            # A fresh start would change nothing, and keep the others from their alerts meanwhile.
            trouble = "the alert rules of some tenants could not be evaluated; the log says of which, and why"
        except Exception:
            metrics.FAILURES.labels("error").inc()
            evaluator.forget()
            log.exception("a round of evaluation failed; it is tried again", do="report it")
            return  # not told as a turn: a process that fails for a minute is dead
        vital.turned(trouble)

    return round_


def _delivery(sender: Sender) -> Callable[[], Awaitable[None]]:
    async def round_() -> None:
        try:
            await sender.round()
        except StoreUnavailable:
            pass  # the evaluation tells of it
        except Exception:
            log.exception("deliveries could not be looked at; it is tried again", do="report it")

    return round_


async def _repeat(round_: Callable[[], Awaitable[None]], seconds: float, stop: asyncio.Event) -> None:
    while not stop.is_set():
        begun = time.monotonic()
        await round_()
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, begun + seconds - time.monotonic()))
