"""The figures of ``infra/SCALING.md``, written anew from a measurement; its sentences stay."""

from pathlib import Path
from typing import Any, Final

from infra.errors import CommandError

BEGIN: Final = "<!-- figures: aura bench scaling --page FILE writes them -->"
END: Final = "<!-- end of the figures -->"

PRODUCTS: Final = ("spread_evenly", "as_they_come")

COSTS: Final = (
    ("a worker's processor", "worker_microseconds", 1, "µs"),
    ("a broker's, to take it", "kafka_write_microseconds", 1, "µs"),
    ("a broker's, to give it", "kafka_read_microseconds", 1, "µs"),
    ("Redis'", "redis_microseconds", 1, "µs"),
    ("in the log, and each time that it travels", "log_bytes", 0, "bytes"),
    ("between worker and Redis", "redis_bytes", 0, "bytes"),
    ("a worker's processor, for each shard after the first", "worker_shard_microseconds", 2, "µs"),
    ("Redis', for the same", "redis_shard_microseconds", 2, "µs"),
    ("memory of a worker, whatever it counts", "worker_mib", 0, "MiB"),
)

NEEDS: Final = (
    ("workers, one a core", "workers", ""),
    ("partitions", "partitions", ""),
    ("memory of all workers", "worker_memory_gib", "GiB"),
    ("Redis shards, one a core", "redis_shards", ""),
    ("cores of brokers, three replicas", "broker_cores", ""),
    ("network from producers to Kafka", "producers_to_kafka", "MB/s"),
    ("between brokers", "between_brokers", "MB/s"),
    ("from Kafka to workers", "kafka_to_workers", "MB/s"),
    ("between workers and Redis", "workers_and_redis", "MB/s"),
    ("the log of a day, all replicas", "log_tb_a_day", "TB"),
)


def renew(page: Path, result: dict[str, Any]) -> None:
    """Replace what stands between the two marks.

    Raises:
        CommandError: the page does not have them.
    """
    before, after = around(page)
    page.write_text(f"{before}{BEGIN}\n\n{figures(result)}\n{END}{after}", encoding="utf-8")


def around(page: Path) -> tuple[str, str]:
    """What stands before and behind the marks.

    Raises:
        CommandError: the page does not have them.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CommandError(f"expected {BEGIN} and {END} in {page}, to write the figures between them")
    return before, after


def figures(result: dict[str, Any]) -> str:
    """The tables, in Markdown."""
    about = result["machine"]
    even, own = (result["costs_of_a_review"][products] for products in PRODUCTS)
    many, fewer = (result["needed"][products] for products in PRODUCTS)
    spread = f"{result['products']:,} products, evenly"
    lines = [
        f"`{result['model']}`, {result['reviews']:,} {result['texts'].removesuffix(' reviews')} reviews a run, "
        f"{about['cores']} cores ({about['processor']}), Python {about['python']}, Kafka {about['kafka']}, Redis "
        f"{about['redis_server']};",
        f"load of the machine before: {about['load_average']}.",
        "",
        "| workers | products | reviews/s | lowest, highest | µs of workers a review | of Kafka | of Redis |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
        *(_row(count, spread, each) for count, each in result["workers"].items()),
        _row("1", "as they come", result["one_worker_as_they_come"]),
        *(
            _row("1", f"as they come, batches of {result['steady_batch']:,}, shards: {shards}", each)
            for shards, each in result["one_worker_steady_batches_by_shards"].items()
        ),
        "",
        f"| a review costs | {spread} | as they come |",
        "| --- | ---: | ---: |",
        *(
            f"| {name} | {even[key]:,.{digits}f} {unit} | {own[key]:,.{digits}f} {unit} |"
            for name, key, digits, unit in COSTS
        ),
        "",
        f"| {result['calculated_for']:,.0f} reviews/s need | {spread} | as they come |",
        "| --- | ---: | ---: |",
        *(
            f"| {name} | {_at(many, key)} {unit} | {_at(fewer, key)} {unit} |".replace("  |", " |")
            for name, key, unit in NEEDS
        ),
        "",
    ]
    return "\n".join(lines)


def _at(needed: dict[str, Any], key: str) -> str:
    found: float | None = (needed | needed["network_mb_per_second"])[key]
    return "no number is enough" if found is None else f"{found:,}"


def _row(workers: str, products: str, each: dict[str, Any]) -> str:
    low, high = each["spread"]
    spent = each["microseconds_a_review"]
    return (
        f"| {workers} | {products} | {each['reviews_per_second']:,} | {low:,}, {high:,} | {spent['workers']:.1f} | "
        f"{spent['kafka']:.1f} | {spent['redis']:.1f} |"
    )
