"""The audit's own count, without servers."""

import random
from collections.abc import Sequence
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from stream.audit import Ledger
from stream.fold import Scored
from stream.record import Run, TopicPartition
from stream.scoring import Processed
from tests.stream.samples import NOON_MS, FakeRecord
from tests.stream.test_fold import reviews


def count(runs: Sequence[Sequence[Scored]]) -> tuple[dict[str, object], dict[str, object]]:
    """Totals, times and buckets of one shard, of runs of one partition."""
    ledger, offset = Ledger(0, 1, NOON_MS, lambda _: 0), 0
    for run in runs:
        records = [FakeRecord(offset + i, b"", review.logged_ms) for i, review in enumerate(run)]
        processed = Processed(Run.of(TopicPartition("aura.reviews", 0), 1, records))
        processed.scored = [(record.offset, review) for record, review in zip(records, run, strict=True)]
        ledger.add(processed)
        offset += len(run)
    return plain(ledger), {name: delta.buckets for name, delta in ledger.fresh.items()}


def plain(ledger: Ledger) -> dict[str, object]:
    """What is compared with the store."""
    wanted = ("totals", "late", "first_ms", "last_ms", "buckets")
    return {name: [asdict(delta)[part] for part in wanted] for name, delta in ledger.whole.items()}


@given(st.lists(reviews, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_log_folded_again_is_the_same_in_any_order_and_however_it_is_cut(
    log: list[Scored], chance: random.Random
) -> None:
    whole = count([log])
    shuffled = chance.sample(log, len(log))
    size = chance.randrange(1, len(log) + 1)
    assert count([shuffled[i : i + size] for i in range(0, len(log), size)]) == whole
