"""``aura bench soak``: a steady rate for a long time, with everything that may grow or fall behind watched."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from redis import Redis

from infra.bench.machine import machine
from infra.bench.probes import Probes, percentile_ms
from infra.bench.processes import Processes, Program
from infra.bench.sampling import Sample, Sampler
from infra.bench.servers import BenchRedis
from infra.bench.slope import slope
from infra.bench.soak_picture import draw
from infra.bench.texts import TENANT, events
from infra.demo.tenants import write_tenants
from infra.errors import CommandError
from infra.interrupt import Interrupt, stop_on_interrupt
from infra.kafka.server import KafkaServer
from infra.ports import free_port
from infra.sending import ProgressBar
from infra.settings import DefaultSettings, Settings
from stream.event import ReviewEvent
from stream.pacing import Pacer
from stream.publish import ProducerConfig, Publisher
from stream.store.totals import fences_of, reviews_of
from stream.topics import ensure_topics

SAMPLE_SECONDS: Final = 5.0
"""Between two samples: 360 in half an hour, each a few milliseconds of work."""

LAG_SECONDS: Final = 0.25
"""Between two looks at the lag, for the worst between two samples: a stall of a second must not hide there."""

KINDS_SECONDS: Final = 60.0
"""Between two weighings of every key in Redis: a tenth of a second of its time, which the latencies must not show."""

WARM_UP: Final = 0.2
"""Share of the time that no slope is taken from: libraries load, pools and caches fill, batches find their size. Lag
and latencies are of the whole time."""

ROWS: Final = 20_000
"""Different reviews, sent in turn under new ids."""

START_SECONDS: Final = 120.0
DRAIN_SECONDS: Final = 60.0
"""How long the last reviews may take to be counted."""

OTHER_TENANT: Final = "bank"
"""Every fourth review is this one's: two tenants are folded, listed and kept apart all the time."""


@dataclass(frozen=True, slots=True)
class _Stand:
    """All that runs for a soak."""

    settings: Settings
    key: str
    pids: dict[str, int]
    check: Callable[[], None]

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.settings.api_port}"


def measure(*, minutes: float, rate: float, partitions: int, texts: Path | None, out: Path | None) -> dict[str, Any]:
    """Run the soak; returns the object that the command prints. Ctrl-C ends it early, with what was measured.

    Args:
        minutes: how long.
        rate: reviews a second.
        partitions: of the topic.
        texts: Datafiniti CSV; simulated reviews without one.
        out: folder for the picture and the samples.

    Raises:
        CommandError: ``out`` cannot be made, a part does not start or ends, or the totals are not those published.
    """
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{out} cannot be made: {error.strerror}") from error
    about = machine()
    with stop_on_interrupt() as stop, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aura-soak-")))
        stand = stack.enter_context(_stand(folder, partitions, stop))
        client = stack.enter_context(Redis.from_url(stand.settings.redis_url))
        topic = stand.settings.topic
        config = ProducerConfig(stand.settings.kafka_bootstrap_servers, topic)
        publisher = stack.enter_context(Publisher(config))
        prober = stack.enter_context(Publisher(config))
        rows = list(events(texts, ROWS))
        sampler = Sampler(
            stand.pids, client, lambda: publisher.delivered + prober.delivered, lambda: _applied(client, topic)
        )
        started = time.monotonic()
        with Probes(stand.api, TENANT, stand.key, lambda product: _probe(prober, rows[0], product)) as probes:
            samples = _run(publisher, rows, rate, minutes * 60, stop, sampler, stand.check)
            took = time.monotonic() - started
        published = _drained(client, topic, publisher, prober)
        counted = reviews_of(client, TENANT) + reviews_of(client, OTHER_TENANT)
        if counted != published:
            raise CommandError(f"{counted} reviews were counted, {published} were published")
        schedule = probes.schedule
        latencies = [(due - started, seconds) for due, seconds in schedule.latencies]
        answer = _report(samples, [seconds for _, seconds in latencies])
        answer |= {
            "minutes": round(took / 60, 2),
            "reviews": published,
            "requested_reviews_per_second": rate,
            "reviews_per_second": round(publisher.delivered / took, 1),
            "probes": schedule.sent,
            "probes_lost": schedule.lost,
            "probes_skipped": schedule.skipped,
            "texts": "real reviews" if texts else "simulated",
            "machine": about,
        }
    if out is not None:
        (out / "samples.json").write_bytes(msgspec.json.encode([sample.as_dict() for sample in samples]))
        draw(samples, latencies, f"{published:,} reviews at {rate:,.0f}/s", out / "soak.png")
    return answer


@contextmanager
def _stand(folder: Path, partitions: int, stop: Interrupt) -> Iterator[_Stand]:
    with ExitStack() as stack:
        kafka = stack.enter_context(KafkaServer(folder / "kafka"))
        (folder / "redis").mkdir()
        redis = stack.enter_context(BenchRedis(folder / "redis"))
        settings = DefaultSettings(
            kafka_bootstrap_servers=kafka.bootstrap_servers,
            topic="bench.soak",
            partitions=partitions,
            consumer_group="bench.soak",
            redis_url=redis.url,
            tenants_file=folder / "tenants.toml",
            api_port=free_port(),
            worker_metrics_port=0,
            log_level="warning",
        )
        keys = write_tenants(settings.tenants_file)
        ensure_topics(kafka.bootstrap_servers, partitions=partitions, replication=1, reviews=settings.topic)
        programs = {
            name: Program([sys.executable, "-m", "infra", name], settings.environment()) for name in ("worker", "api")
        }
        processes = stack.enter_context(Processes(folder, programs, stop_seconds=15.0))

        def check() -> None:
            if ended := processes.ended:
                raise CommandError(f"the {' and the '.join(ended)} ended: {processes.tail()}")

        pids = {"kafka": kafka.pid or 0, "redis": redis.pid} | processes.pids
        stand = _Stand(settings, keys[TENANT], pids, check)
        _await_ready(stand, stop)
        yield stand


def _await_ready(stand: _Stand, stop: Interrupt) -> None:
    deadline, answer = time.monotonic() + START_SECONDS, "no answer"
    while not stop.wait(0.2):
        stand.check()
        try:
            response = httpx.get(f"{stand.api}/readyz", timeout=5)
        except httpx.HTTPError:
            pass  # the API starts
        else:
            answer = response.text
            if response.status_code == httpx.codes.OK:
                return
        if time.monotonic() > deadline:
            raise CommandError(f"not ready within {START_SECONDS:.0f} s: {answer}")


def _run(
    publisher: Publisher, rows: list[ReviewEvent], rate: float, seconds: float, stop: Interrupt,
    sampler: Sampler, check: Callable[[], None],
) -> list[Sample]:  # fmt: skip
    """Publish at ``rate`` until the time is over, and look every few seconds."""
    pacer, started = Pacer(stop), time.monotonic()
    samples: list[Sample] = []
    next_look, next_weighing, next_watch = 0.0, 0.0, 0.0
    with ProgressBar("soaking", seconds) as bar:
        for number, row in enumerate(cycle(rows)):
            now = time.monotonic() - started
            if now >= seconds or not pacer.until(number / rate):
                break
            publisher.publish(_fresh(row, number))
            if now >= next_watch:
                sampler.watch(now)
                next_watch = now + LAG_SECONDS
            if now >= next_look:
                check()
                samples.append(sampler.take(now, kinds=now >= next_weighing))
                if now >= next_weighing:
                    next_weighing += KINDS_SECONDS
                next_look += SAMPLE_SECONDS
            if bar.due():
                lag = f", {samples[-1].lag_records:,} behind" if samples else ""
                bar.show(number + 1, now, lag)
    samples.append(sampler.take(time.monotonic() - started, kinds=True))
    return samples


def _fresh(row: ReviewEvent, number: int) -> ReviewEvent:
    tenant = OTHER_TENANT if number % 4 == 0 else TENANT
    now_ms = time.time_ns() // 1_000_000
    return msgspec.structs.replace(row, event_id=f"soak-{number}", tenant=tenant, occurred_at=now_ms)


def _probe(publisher: Publisher, row: ReviewEvent, product: str) -> None:
    now_ns = time.time_ns()
    event_id, at = f"probe-{now_ns}", now_ns // 1_000_000
    publisher.publish(
        msgspec.structs.replace(row, event_id=event_id, tenant=TENANT, product_id=product, occurred_at=at)
    )


def _applied(client: "Redis", topic: str) -> int:
    return sum(fence + 1 for fence in fences_of(client, topic).values())


def _drained(client: "Redis", topic: str, *publishers: Publisher) -> int:
    """Wait until all is counted; how many reviews Kafka has acknowledged."""
    for publisher in publishers:
        publisher.flush(DRAIN_SECONDS)
        if publisher.failed or publisher.outstanding:
            raise CommandError(f"Kafka did not acknowledge every review: {publisher.last_error}")
    published = sum(publisher.delivered for publisher in publishers)
    deadline = time.monotonic() + DRAIN_SECONDS
    while _applied(client, topic) < published:
        if time.monotonic() > deadline:
            raise CommandError(f"{_applied(client, topic)} of {published} reviews were applied")
        time.sleep(0.05)
    return published


def _report(samples: Sequence[Sample], latencies: list[float]) -> dict[str, Any]:
    first = samples[-1].seconds * WARM_UP
    steady = [sample for sample in samples if sample.seconds >= first]
    seconds = [sample.seconds for sample in steady]
    weighed = [sample for sample in steady if sample.redis_kinds]
    span = steady[-1].seconds - steady[0].seconds
    return {
        "benchmark": "soak",
        "p50_ms": percentile_ms(latencies, 0.50),
        "p99_ms": percentile_ms(latencies, 0.99),
        "max_ms": percentile_ms(latencies, 1.0),
        "lag_records": {
            "median": statistics.median(sample.lag_records for sample in samples),
            "max": max(sample.lag_records for sample in samples),
        },
        "lag_seconds_max": max(sample.lag_seconds for sample in samples),
        "resident_mib": {
            name: _growth(seconds, [sample.resident[name] for sample in steady]) for name in steady[0].resident
        },
        "redis_used_mib": _growth(seconds, [sample.redis_used for sample in steady]),
        "redis_keys_mib": {
            kind: _growth(
                [sample.seconds for sample in weighed], [sample.redis_kinds.get(kind, 0.0) for sample in weighed]
            )
            for kind in sorted({kind for sample in weighed for kind in sample.redis_kinds})
        },
        "processor_share": {
            name: round((steady[-1].cpu[name] - steady[0].cpu[name]) / span, 3) if span else None
            for name in steady[0].cpu
        },
    }


def _growth(seconds: list[float], values: list[float]) -> dict[str, Any]:
    line = slope(seconds, values)
    return {
        "first": round(values[0], 1), "last": round(values[-1], 1), "slope": line.as_dict() if line else None
    }  # fmt: skip
