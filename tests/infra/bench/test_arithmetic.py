"""What a rate needs."""

from hypothesis import given
from hypothesis import strategies as st

from infra.bench.arithmetic import BUSY, Costs, needs

COSTS = Costs(
    worker_microseconds=35.0, kafka_write_microseconds=1.4, kafka_read_microseconds=0.7, redis_microseconds=7.0,
    log_bytes=500.0, redis_bytes=100.0, worker_mib=256.0,
)  # fmt: skip


def test_servers_are_as_many_as_keep_each_of_them_seven_tenths_busy() -> None:
    found = needs(1_000_000, COSTS)
    assert (found["workers"], found["redis_shards"], found["broker_cores"]) == (50, 10, 9)
    assert (found["partitions"], found["worker_memory_gib"]) == (100, 12.5)


def test_a_byte_travels_to_one_broker_to_its_replicas_and_to_one_worker() -> None:
    found = needs(1_000_000, COSTS)
    assert found["network_mb_per_second"] == {
        "producers_to_kafka": 500, "between_brokers": 1_000, "kafka_to_workers": 500, "workers_and_redis": 100,
    }  # fmt: skip
    assert found["log_tb_a_day"] == 129.6


def test_a_small_rate_needs_one_of_each() -> None:
    found = needs(10, COSTS)
    assert [found[name] for name in ("workers", "redis_shards", "broker_cores")] == [1, 1, 1]


@given(st.floats(1, 1e6), st.floats(1, 100), st.floats(0.001, 0.5))
def test_shards_are_the_fewest_that_carry_what_they_cost_themselves(rate: float, first: float, further: float) -> None:
    costs = COSTS._replace(redis_microseconds=first, redis_shard_microseconds=further)

    def busy(shards: int) -> float:
        return rate / 1e6 * (first + (shards - 1) * further) / shards

    shards = needs(rate, costs)["redis_shards"]
    assert busy(shards) <= BUSY * (1 + 1e-9)
    assert shards == 1 or busy(shards - 1) > BUSY * (1 - 1e-9)


def test_workers_pay_for_each_shard() -> None:
    found = needs(1_000_000, COSTS._replace(worker_shard_microseconds=1.0))
    assert (found["redis_shards"], found["workers"]) == (10, 63)


def test_where_further_shards_cost_more_than_they_take_off_no_number_is_enough() -> None:
    found = needs(2_000_000, COSTS._replace(redis_shard_microseconds=0.5, worker_shard_microseconds=1.0))
    assert found["redis_shards"] is None
    assert found["workers"] == 100
