"""A worker's own steps, without Kafka and Redis."""

from collections.abc import Collection, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from stream.loaded import Loaded
from stream.logreader import LogUnavailable
from stream.record import TopicPartition
from stream.runner import SeekFailed
from stream.store.state import StoreUnavailable
from stream.worker import Worker, WorkerConfig


def worker_of(tenants: Path) -> Worker:
    return Worker(WorkerConfig("127.0.0.1:1", "t", "t.dead-letters", "g", "redis://127.0.0.1:1/0", tenants))


@pytest.mark.parametrize(
    ("error", "said"), [(AssertionError("unforeseen"), "AssertionError: unforeseen"), (KeyError("w"), "KeyError: 'w'")]
)
async def test_a_changed_tenants_file_that_fails_in_whatever_way_is_refused_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    (path := tmp_path / "tenants.toml").write_text('[[tenants]]\nid = "shop"\nname = "Shop"\n')

    async def fails(self: Loaded, tenants: Any) -> None:
        raise error

    monkeypatch.setattr(Loaded, "take", fails)
    untouched: Any = object()
    with capture_logs() as logs:
        await worker_of(path)._reload(untouched)
    (told,) = logs
    assert (told["log_level"], told["error"]) == ("error", said)
    assert told["event"] == "the changed tenants file is refused, the old one stays in force"
    assert "it is read again when it changes" in told["do"]


async def test_partitions_begin_after_their_fences_as_soon_as_redis_and_kafka_answer(tmp_path: Path) -> None:
    tp, worker = TopicPartition("t", 0), worker_of(tmp_path / "absent.toml")
    held, failures = list[list[str]](), [StoreUnavailable("Redis is away"), LogUnavailable("Kafka is away")]

    async def agreed(_: Any) -> None:
        held.append([trouble.what for trouble in worker._troubles.current()])

    async def fences(
        partitions: Sequence[TopicPartition], counted: Collection[TopicPartition]
    ) -> dict[TopicPartition, list[int]]:
        if failures:
            raise failures.pop(0)
        assert list(counted) == known
        return {tp: [41, -1] for tp in partitions}

    mocks: Any = SimpleNamespace(agreed=agreed), SimpleNamespace(fences=fences)
    worker._identity, worker._beginnings = mocks
    known = list[TopicPartition]()
    assert await worker.assigned([tp]) == {tp: 0}
    assert [[what.split(" to say")[0] for what in each] for each in held] == [
        [], ["waiting for Redis"], ["waiting for Redis", "waiting for Kafka"],
    ]  # fmt: skip
    assert worker._troubles.current() == []
    worker._positions.seek(tp, [7, 7])
    known = [tp]
    failures = [LogUnavailable("Kafka is away")]
    with pytest.raises(SeekFailed, match="Kafka is away"):
        await worker._fences(tp)
    assert await worker._fences(tp) == [41, -1]
