"""What a heart-beat notices, over a store in memory."""

from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from stream.heartbeat import Heartbeat
from stream.positions import Positions
from stream.record import TopicPartition
from stream.store.state import WorkerStatus
from tests.stream.samples import TP
from tests.stream.test_pipeline import MemoryWriter


class BeatWriter(MemoryWriter):
    """Keeps the last heart-beat."""

    async def heartbeat(self, status: WorkerStatus) -> None:
        self.status = status


class IdleRunner:
    """Notes what it is asked to read again."""

    def __init__(self) -> None:
        self.applied_records = 0
        self.dead_letters = 0
        self.paused: str | None = None
        self.rewound: list[TopicPartition] = []

    async def rewind(self, tp: TopicPartition) -> None:
        self.rewound.append(tp)


@pytest.mark.parametrize(("end", "moves_to", "warned"), [(10, 9, False), (10, 14, False), (5, 9, True)])
async def test_only_a_store_that_was_ahead_before_the_log_was_asked_is_called_so(
    end: int, moves_to: int, warned: bool
) -> None:
    positions, writer, runner = Positions(), BeatWriter([9]), IdleRunner()
    positions.assign({TP: [9]})

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        # A batch is applied while the log's answer is on its way.
        dict(positions.items())[TP].fences[0] = writer.stored[0] = moves_to
        return dict.fromkeys(partitions, end)

    either: Any = writer
    idle: Any = runner
    with capture_logs() as logs:
        await Heartbeat("w1", "CPU", positions, idle, either, ends).beat({})
    assert any("ahead of the log" in entry["event"] for entry in logs) == warned
    assert [(partition.fence, partition.end) for partition in writer.status.partitions] == [(moves_to, end)]
    assert runner.rewound == []


async def test_a_store_that_was_emptied_is_noticed_though_nothing_comes() -> None:
    positions, runner = Positions(), IdleRunner()
    positions.assign({TP: [9]})

    async def ends(partitions: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(partitions, 10)

    either: Any = BeatWriter([-1])
    idle: Any = runner
    await Heartbeat("w1", "CPU", positions, idle, either, ends).beat({})
    assert runner.rewound == [TP]
