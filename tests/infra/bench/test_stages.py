"""What of a worker's processor time the steps explain."""

import pytest

from infra.bench.stages import related
from infra.bench.steps import STEPS


def test_what_a_thread_takes_beyond_its_steps_is_told_and_all_of_it_is_the_worker() -> None:
    stages = {
        "stages": {name: {"microseconds": 5.0} for name in STEPS},
        "sum_microseconds": 35.0,
        "sequence": {"microseconds": 36.0},
    }
    whole = {
        "worker_microseconds_a_review": 50.0,
        "threads_microseconds_a_review": {
            "MainThread": 22.0, "aura-classify": 12.0, "aura-inference": 5.0, "aura-kafka": 8.0, "aura-status": 1.0,
            "native": 2.0,
        },
    }  # fmt: skip
    found = related(stages, whole)
    assert list(found["beside_the_stages_microseconds"].values()) == [7.0, 2.0, 3.0, 3.0]
    assert (found["explained_by_stages"], found["explained_by_sequence"]) == (0.7, 0.72)
    assert found["explained"] == pytest.approx(1.0)
