"""Shadows: models that score what others have counted, and count nothing.

They come after the counting and can hold nothing up: what a shadow has no time for is passed over, and what it fails on
is said once. A batch is taken as a whole or not at all, so that what is compared is a fair sample of the traffic.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import structlog

from models.classifier import Classifier
from stream import comparison
from stream.comparison import Disagreement, Tally
from stream.fold import Keep, Scored
from stream.scoring import Processed, millionths
from stream.store.state import StoreUnavailable

SHARE: Final = 0.2
"""Of one thread's time: after t seconds of work a shadow rests for 4 t. Below some 3,000 reviews a second it takes all
of them; a backlog is slowed by no more than a tenth on two cores."""

WAITING: Final = 4
"""Batches that wait for a shadow: what a burst brings is compared, and memory stays bounded."""

Save = Callable[[str, tuple[str, str], tuple[Tally, Sequence[tuple[int, Disagreement]]], Keep], Awaitable[None]]
"""Tenant, active and shadow model, what they said, how much text may be kept."""

log = structlog.get_logger("aura.worker")


class Rival(NamedTuple):
    """A shadow and the model that it is compared with."""

    active: str
    shadow: str
    classifier: Classifier
    """The shadow's; nobody else calls it."""
    keep: Keep


class _Offer(NamedTuple):
    tenant: str
    rival: Rival
    reviews: list[Scored]


class Shadows:
    """Compares until cancelled.

    Args:
        save: keeps what was found, or raises :class:`~stream.store.state.StoreUnavailable` where it may do so later.
    """

    def __init__(self, save: Save) -> None:
        self._save = save
        self._rivals: dict[str, Rival] = {}
        self._waiting: asyncio.Queue[_Offer] = asyncio.Queue(WAITING)
        self._passed_over: dict[Rival, int] = defaultdict(int)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aura-shadow")

    def settle(self, rivals: Mapping[str, Rival]) -> None:
        """Tenant to its shadow, from now on; one that has failed is tried again."""
        self._rivals = dict(rivals)
        self._passed_over.clear()

    def offer(self, result: Processed) -> None:
        """Look at a run that was counted. Never waits."""
        if not self._rivals:
            return
        reviews: dict[str, list[Scored]] = defaultdict(list)
        for offset, scored in result.scored:
            if scored.event.tenant in self._rivals and offset not in result.duplicates:
                reviews[scored.event.tenant].append(scored)
        for tenant, mine in reviews.items():
            rival = self._rivals[tenant]
            if result.models.get(tenant) != rival.active:
                continue  # scored before the tenants file changed
            try:
                self._waiting.put_nowait(_Offer(tenant, rival, mine))
            except asyncio.QueueFull:
                self._passed_over[rival] += len(mine)

    async def run(self) -> None:
        """Take what was offered, one after the other, in a part of the time."""
        try:
            while True:
                took = await self._compare(await self._waiting.get())
                await asyncio.sleep(took * (1 / SHARE - 1))
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _compare(self, offer: _Offer) -> float:
        """Seconds that it took."""
        tenant, rival, reviews = offer
        if self._rivals.get(tenant) is not rival:
            return 0.0
        started = time.monotonic()
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._thread, _both, rival, reviews)
        except Exception as error:
            self._leave_out(
                offer, error, "a shadow model fails; it is left out until the tenants file changes",
                do="nothing is lost: it counts nothing; choose another, or aura models shadow --off",
            )  # fmt: skip
            return 0.0
        took = time.monotonic() - started
        found[0].passed_over = self._passed_over.pop(rival, 0)
        try:
            await self._save(tenant, (rival.active, rival.shadow), found, rival.keep)
        except StoreUnavailable:
            self._passed_over[rival] += found[0].passed_over + found[0].scored
        except Exception as error:  # such as a refusal that does not pass
            self._leave_out(
                offer, error, "what a shadow model said cannot be kept; it is left out until the tenants file changes",
                do="nothing is lost: it counts nothing; let Aura's user write aura:shadow:* in Redis, or "
                "aura models shadow --off",
            )  # fmt: skip
        return took

    def _leave_out(self, offer: _Offer, error: Exception, what: str, *, do: str) -> None:
        # The error's text may hold a review's.
        log.error(what, tenant=offer.tenant, model=offer.rival.shadow, error=type(error).__name__, do=do)
        if self._rivals.get(offer.tenant) is offer.rival:
            del self._rivals[offer.tenant]


def _both(rival: Rival, reviews: list[Scored]) -> tuple[Tally, list[tuple[int, Disagreement]]]:
    answers = millionths(rival.classifier, [scored.event for scored in reviews])
    return comparison.compare(reviews, answers)
