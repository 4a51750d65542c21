"""What an audit comes to. Nothing that was compared is no proof, unless there is nothing on either side."""

from collections.abc import Mapping
from dataclasses import dataclass

from stream.audit import Auditor
from stream.logreader import Bounds
from stream.store.whole import Whole


class NotAuditable(Exception):
    """Log and store have nothing to do with each other."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether log and store are equal, in one clause."""

    equal: bool
    clause: str


def begun(topic: str, bounds: Mapping[int, Bounds], store: Whole) -> None:
    """See that there is something to audit, or nothing on both sides.

    Raises:
        NotAuditable: this store did not count this log.
    """
    ever = sum(end for _, end in bounds.values())
    if gone := sorted(set[int]().union(*store.fences) - bounds.keys()):
        raise NotAuditable(
            f"Redis has fences of {_named(gone)} of the topic {topic}, which has {len(bounds)}: it was made anew, or "
            "is that of another Kafka (AURA_KAFKA_BOOTSTRAP_SERVERS)"
        )
    if not store.empty or not (ever or store.others):
        return
    if store.others:
        raise NotAuditable(
            f"Redis has no fences of the topic {topic}; it has those of {', '.join(store.others)}: is AURA_TOPIC right?"
        )
    raise NotAuditable(
        f"Redis has counted nothing of the topic {topic}, whose log has taken {ever:,} records: it was emptied, or is "
        "another one than that of the workers (AURA_REDIS_URL), or no worker has run yet"
    )


def doubts(bounds: Mapping[int, Bounds], before: Whole, after: Whole) -> list[str]:
    """Why the store is not to be trusted though no total or bucket may differ, a sentence each.

    Args:
        bounds: of the log, taken after ``before``.
        before: the store as the audit began.
        after: the store as it ended.
    """
    found = list[str]()
    for partition, (_, end) in sorted(bounds.items()):
        fence = max(shard.get(partition, -1) for shard in before.fences)
        if fence >= end:
            found.append(
                f"the store is ahead of the log: it has counted up to offset {fence} of partition {partition}, which "
                f"ends at offset {end - 1}; the topic was made anew, or Kafka lost its end"
            )
    everywhere = set[int]().union(*before.fences)  # one that came meanwhile may not have reached every shard yet
    for shard, (once, now) in enumerate(zip(before.fences, after.fences, strict=True)):
        if back := sorted(partition for partition, fence in once.items() if now.get(partition, -1) < fence):
            found.append(
                f"shard {shard} lost data of {_named(back)} while it was audited; let the workers rebuild it, and "
                "audit it again"
            )
        elif missing := sorted(everywhere - now.keys()):
            found.append(
                f"shard {shard} has no fence of {_named(missing)}, which other shards have: it has lost what it held"
            )
    return found


def verdict(
    auditor: Auditor, differences: int, doubted: bool, topic_is_empty: bool, not_judged: bool = False
) -> Verdict:
    """What is proven, by what was compared and what was not.

    Args:
        auditor: after the last shard.
        differences: how many.
        doubted: whether anything that was to be compared is not to be trusted, or could not be scored.
        topic_is_empty: whether the log never took a record.
        not_judged: whether the store has tenants that nothing was to be compared of.
    """
    if differences:
        return Verdict(False, f"{differences:,} difference{'s' if differences > 1 else ''}")
    if doubted:
        return Verdict(False, "not proven")
    if auditor.compared:
        return Verdict(True, "equal as far as the log goes back" if auditor.begins else "equal")
    if auditor.begins or auditor.left_out or auditor.ended or not_judged:
        return Verdict(False, "nothing proven: there was nothing left to compare")
    if topic_is_empty and not auditor.entities:
        return Verdict(True, "equal: the topic is empty, and so is Redis")
    return Verdict(True, "equal: neither the log nor Redis holds a review of what was asked for")


def _named(partitions: list[int]) -> str:
    return f"partition{'s' if len(partitions) > 1 else ''} {', '.join(map(str, partitions))}"
