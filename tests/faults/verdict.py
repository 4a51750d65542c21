"""What a run ends with: are Redis and the dead letters what was published, by the audit and by our own count?"""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import redis

from stream.measures import DAY_MS, Measures
from stream.store.reader import Store
from stream.store.totals import fences_of
from stream.topics import dead_letters
from tests.faults.labels import label
from tests.faults.log import Log, read_letters, read_log
from tests.faults.reviews import (
    COLUMNS,
    TENANTS,
    WHOLE_TENANT,
    Bad,
    Place,
    Review,
    Tally,
    differences,
    letter_differences,
    tally,
)
from tests.faults.traffic import Ledger
from tests.system.programs import Deployment, eventually

DRAIN_SECONDS = 600.0
"""From the last fault to the last review counted: workers start, and read everything again where Redis lost it."""


@dataclass(frozen=True)
class Expired:
    """What the log has dropped."""

    applied: dict[Place, str]
    """Records that had been applied, by their place."""
    lost: dict[int, tuple[int, int]]
    """Partition to the first and last offset that had not."""


@dataclass
class Verdict:
    """What was found."""

    records: int
    """In the log."""
    letters: int
    """Dead letters."""
    differences: list[str] = field(default_factory=list)


def judge(system: Deployment, ledger: Ledger, meanwhile: Callable[[], None], expired: Expired | None = None) -> Verdict:
    """Wait until the store's fences have passed the end of the log, then compare everything.

    Args:
        system: whose.
        ledger: the publisher's books; everything in them is answered for.
        meanwhile: called again and again while waiting; raises where waiting is in vain.
        expired: what stands no longer in the log; None where that is whole.
    """
    log = read_log(system.kafka, system.topic)
    log.names.update(expired.applied if expired else {})
    await_applied(system, log, meanwhile)
    found = log_differences(log, ledger)
    valid, bad = _split(log, ledger)
    letters = read_letters(system.kafka, dead_letters(system.topic), system.topic)
    labels = label(review.text for review in valid)
    found += differences(tally(valid, labels.__getitem__), asyncio.run(counted(system.redis)))
    found += letter_differences(bad, letters)
    found += _audited(system, expired)
    return Verdict(len(log.names), len(letters), found)


def log_differences(log: Log, ledger: Ledger) -> list[str]:
    """Where the log is not what was published: the broker's or the publisher's fault, not the workers'."""
    there = set(log.names.values())
    found = [f"{name} was acknowledged but is not in the log" for name in sorted(ledger.acknowledged - there)]
    return found + [f"{name} is in the log, but nobody sent it" for name in sorted(there - ledger.sent.keys())]


def await_applied(system: Deployment, log: Log, meanwhile: Callable[[], None], seconds: float = DRAIN_SECONDS) -> None:
    """Wait until the fences are at the last record of each partition."""
    last = log.last
    with redis.Redis.from_url(system.redis, socket_timeout=5) as client:

        def applied() -> bool:
            meanwhile()
            try:
                fences = fences_of(client, system.topic)
            except redis.RedisError:
                return False
            return all(fences.get(partition, -1) >= offset for partition, offset in last.items())

        eventually(applied, seconds, f"the fences pass {last}")


async def counted(url: str, tenants: Iterable[str] = TENANTS) -> Tally:
    """What Redis says, by its ordinary reads: of every product, and of the tenant as a whole."""
    store = Store.connect(url, timeout=30)
    result: Tally = {}
    try:
        for tenant in tenants:
            states = [row.state for row in await store.products(tenant, None, await store.now(tenant))]
            whole = await store.entity(tenant, None)
            for state in [*states, whole] if whole else states:
                days = await store.timeline(
                    tenant, state.product_id, "1d", state.first_ms // DAY_MS * DAY_MS, state.last_ms + 1
                )
                there = {start: _columns(day) for start, day in days}
                if (totals := _columns(state.totals)) != (summed := _sum(there.values())):
                    there[-1] = [total - part for total, part in zip(totals, summed, strict=True)]  # a difference
                result[tenant, state.product_id or WHOLE_TENANT] = there
    finally:
        await store.close()
    return result


def _columns(measures: Measures) -> list[int]:
    return [getattr(measures, column) for column in COLUMNS]


def _sum(rows: Iterable[Sequence[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)] or [0] * len(COLUMNS)


def _split(log: Log, ledger: Ledger) -> tuple[list[Review], dict[Place, Bad]]:
    """What the log holds: valid reviews, each event id once; bad records by their place."""
    valid: dict[str, Review] = {}
    bad: dict[Place, Bad] = {}
    for place, name in log.names.items():
        verdict = ledger.sent.get(name)
        if isinstance(verdict, Bad):
            bad[place] = verdict
        elif verdict is not None:
            valid[name] = verdict
    return list(valid.values()), bad


def _audited(system: Deployment, expired: Expired | None) -> list[str]:
    ended = system.run("audit", "--json", expect=None, seconds=600)
    try:
        answer = json.loads(ended.stdout)
    except json.JSONDecodeError:
        return [f"aura audit ended with {ended.returncode}: {ended.stderr[-1000:]}"]
    found = [f"audit: {said}" for said in (*answer["differences"], *answer["doubts"])]
    never_read = {one["partition"]: (one["first"], one["last"]) for one in answer["never_read"]}
    if never_read != (expired.lost if expired else {}):
        found.append(f"the audit says that these were never read: {never_read}")
    if expired:
        return found  # of what is minutes old, a log without its beginning proves nothing
    if answer["equal"] != (not found) or ended.returncode != bool(found):
        found.append(f"the audit contradicts itself: exit code {ended.returncode}, equal {answer['equal']}")
    return found
