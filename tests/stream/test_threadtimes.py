"""Whose thread took the processor."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from prometheus_client import CollectorRegistry, generate_latest

from stream.threadtimes import ThreadTimes, seconds_by_thread


def busy(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() - began < seconds:
        pass


def test_the_time_of_a_pool_is_its_threads_and_nobody_elses() -> None:
    before = seconds_by_thread()
    assert "busy-pool" not in before
    with ThreadPoolExecutor(2, thread_name_prefix="busy-pool") as pool:
        list(pool.map(busy, [0.2, 0.2]))
        after = seconds_by_thread()
    assert 0.3 < after["busy-pool"] < 0.6
    assert after[threading.current_thread().name] - before[threading.current_thread().name] < 0.2


def test_threads_without_a_name_of_their_own_count_together() -> None:
    end = threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    names = list(seconds_by_thread())
    end.set()
    for thread in threads:
        thread.join()
    assert "unnamed" in names
    assert not any(name.startswith("Thread-") for name in names)


def test_it_is_shown_as_a_counter() -> None:
    registry = CollectorRegistry()
    registry.register(ThreadTimes())
    assert b'aura_thread_processor_seconds_total{thread="MainThread"}' in generate_latest(registry)
