"""What of a worker's processor time the steps explain."""

import gc
import time

import pytest

from infra.bench.collecting import Collections
from infra.bench.stages import STEPS, related


def test_steps_and_what_a_worker_takes_at_rest_explain_it_and_what_a_thread_takes_beyond_them_does_not() -> None:
    stages = {
        "stages": {name: {"microseconds": 4.0} for name in STEPS},
        "sum_microseconds": 40.0,
        "sequence": {"microseconds": 42.0},
    }
    whole = {
        "worker_microseconds_a_review": 50.0,
        "reviews_per_second": 20_000,
        "worker_idle_share": 0.02,
        "threads_microseconds_a_review": {
            "MainThread": 22.0, "aura-classify": 12.0, "aura-inference": 5.0, "aura-kafka": 8.0, "aura-status": 1.0,
            "native": 2.0,
        },
    }  # fmt: skip
    found = related(stages, whole)
    assert len(STEPS) == 10
    assert found["standing_microseconds_a_review"] == pytest.approx(1.0)
    assert (found["explained_by_stages"], found["explained_by_sequence"]) == (0.82, 0.86)
    assert list(found["beyond_the_stages_microseconds"].values()) == [6.0, 1.0, 4.0, 3.0]


def test_the_time_of_a_search_for_cycles_is_told_and_no_other() -> None:
    many = [[number] for number in range(200_000)]
    with Collections() as collections:
        assert collections.seconds == 0
        began = time.thread_time()
        gc.collect()
        took = time.thread_time() - began
        assert 0 < collections.seconds <= took
        told = collections.seconds
    gc.collect()
    assert collections.seconds == told, "who has left no longer watches"
    assert len(many) == 200_000
