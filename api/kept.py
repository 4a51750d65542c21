"""Whether the buckets of a window have all its reviews: of what they have not, an answer must not say that it is zero.

A bucket goes some time after the log took the last event in it (:data:`stream.measures.RETENTION_MS`), and an event
that is older than that when it comes leaves no trace in it. So no clock says what a bucket has; coarser buckets do,
which stay longer: where they have more reviews than the finer ones of the same time, some are missing there.
"""

import asyncio
from typing import Final

from api.http.problems import NO_LONGER_KEPT, Problem
from stream.measures import RETENTION_MS, STEP_MS, WINDOWS, Step, Window, window_bounds
from stream.store.reader import Store

LIMITS: Final = (
    "How far back: `5m`, `15m` and `1h` for 48 hours after reviews were counted, `24h` and `7d` for 90 days, `30d` for "
    "two years; a window of which something is no longer kept is a 410, or left out of an answer that has them all."
)

_COARSER: Final[dict[Step, Step]] = {"1m": "1h", "1h": "1d"}
_UNITS: Final[dict[Step, str]] = {"1m": "Minutes", "1h": "Hours", "1d": "Days"}
_LONG: Final[dict[Step, str]] = {"1m": "48 hours", "1h": "90 days", "1d": "two years"}
_INSTEAD: Final[dict[Step, str]] = {
    "1m": "24h, 7d or 30d, which are made of hours and days",
    "1h": "30d, which is made of days",
    "1d": "all",
}


async def forgotten(store: Store, tenant_id: str, window: Window, at_ms: int, now_ms: int) -> bool:
    """Whether the window at ``at_ms`` lacks reviews of the tenant.

    Args:
        store: has the buckets.
        tenant_id: whose.
        window: which.
        at_ms: its end.
        now_ms: the clock. Of a window that begins no longer ago than its buckets are kept nothing is read.

    Raises:
        StoreUnavailable: Redis does not answer.
    """
    step, start, end = window_bounds(window, at_ms)
    if start >= now_ms - RETENTION_MS[step]:
        return False
    return await _dropped(store, tenant_id, step, max(0, start), end, now_ms)


async def check(store: Store, tenant_id: str, window: Window, at_ms: int, now_ms: int) -> None:
    """As :func:`forgotten`.

    Raises:
        Problem: it is.
    """
    if await forgotten(store, tenant_id, window, at_ms, now_ms):
        step = WINDOWS[window][0]
        raise Problem(
            NO_LONGER_KEPT,
            f"{_UNITS[step]} are kept for {_LONG[step]} after reviews were counted, and this window lacks some: "
            f"ask for window {_INSTEAD[step]}.",
        )


async def _dropped(store: Store, tenant_id: str, step: Step, start: int, end: int, now_ms: int) -> bool:
    # Whole buckets of the coarser step: reviews beside the window may be those missing, which nothing tells apart.
    if step == "1d":
        state = await store.entity(tenant_id, None)
        return state is not None and state.first_ms < end and start < now_ms - RETENTION_MS[step]
    coarser = _COARSER[step]
    width = STEP_MS[coarser]
    first, last = start - start % width, end + -end % width
    fine, coarse = await asyncio.gather(
        *(_reviews(store, tenant_id, one, first, last) for one in (step, coarser)),
    )
    if fine < coarse:
        return True
    return first < now_ms - RETENTION_MS[coarser] and await _dropped(store, tenant_id, coarser, first, last, now_ms)


async def _reviews(store: Store, tenant_id: str, step: Step, start: int, end: int) -> int:
    return sum(counts.reviews for _, counts in await store.timeline(tenant_id, None, step, start, end))
