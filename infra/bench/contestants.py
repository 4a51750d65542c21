"""Who takes part in ``aura bench peers``: how each is started, and where its totals stand."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from redis import Redis

import infra
from infra.bench.machine import cores
from infra.bench.peers import totals
from infra.bench.peers.job import Job
from infra.bench.per_product import Counted
from infra.bench.processes import Program
from infra.bench.texts import TENANT
from infra.errors import CommandError
from infra.ports import free_port
from infra.settings import DefaultSettings
from stream.measures import Measures
from stream.store import keys
from stream.store.totals import reviews_of

ROOT: Final = Path(infra.__file__).resolve().parents[1]

PACKAGES: Final = ROOT / ".aura" / "peers"
"""Where ``infra/install.sh peers`` puts what the peers need and Aura does not."""

MODEL: Final = "reference"
"""The artefact that all ask: the network of the source material, which is Keras' own layers alone."""


CORES: Final = cores()

TENANTS_FILE: Final = "tenants.toml"
"""Of Aura, in the folder that contestants are given."""

TENANTS: Final = f'[[tenants]]\nid = "{TENANT}"\nname = "Bench"\nmodel = "{MODEL}"\n'


class Way(NamedTuple):
    """How one is run."""

    processes: int
    batch: int

    def __str__(self) -> str:
        return f"{self.processes} x {self.batch:,}"


class Counts(NamedTuple):
    """Where totals are read from."""

    reviews: Callable[[Redis], int]
    """All reviews; asked a hundred times a second."""
    products: Callable[[Redis], Mapping[str, Counted]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One that takes part.

    Attributes:
        name: short, for JSON and the command line.
        title: for people.
        programs: its processes, from their jobs.
        way: the fastest of :attr:`ways` on two cores.
        ways: what tuning tries.
        counts: where its totals stand.
        grouped: whether its processes share partitions through the consumer group that has the topic's name.
    """

    name: str
    title: str
    programs: Callable[[Job, Way], list[Program]]
    way: Way
    ways: tuple[Way, ...]
    counts: Counts
    grouped: bool = True


def versions() -> dict[str, str]:
    """Of the peers' own packages.

    Raises:
        CommandError: they are not installed.
    """
    found = {found.name: found.version for found in distributions(path=[str(PACKAGES)])}
    if not {"bytewax", "quixstreams"} <= found.keys():
        raise CommandError(f"the peers' packages are not in {PACKAGES}; put them there: infra/install.sh peers")
    return {f"peers' {name}": found[name] for name in ("bytewax", "confluent-kafka", "orjson", "quixstreams")}


def _aura(job: Job, way: Way) -> list[Program]:
    programs = []
    for _ in range(way.processes):
        settings = DefaultSettings(
            kafka_bootstrap_servers=job.bootstrap_servers,
            topic=job.topic,
            consumer_group=job.topic,
            redis_url=job.redis_url,
            tenants_file=Path(job.folder) / TENANTS_FILE,
            worker_metrics_port=free_port(),
            inference_threads=job.threads,
            batch_size=job.batch,
        )
        programs.append(Program([sys.executable, "-m", "infra", "worker"], settings.environment()))
    return programs


def _aura_products(client: Redis) -> dict[str, Counted]:
    head = keys.entity_key(0, f"{TENANT}/").encode()
    found = {}
    for key in client.scan_iter(match=head + b"*", count=1_000):
        packed = cast(bytes, client.hget(key, "t"))
        counted = Measures.from_list(keys.counters(packed))
        found[key.removeprefix(head).decode()] = Counted(counted.good, counted.bad)
    return found


def _peer(module: str) -> Callable[[Job, Way], list[Program]]:
    def programs(job: Job, way: Way) -> list[Program]:
        command = [sys.executable, "-m", f"infra.bench.peers.{module}"]
        return [Program(command, _environment(job)) for _ in range(way.processes)]

    return programs


def _bytewax(job: Job, way: Way) -> list[Program]:
    command = [sys.executable, "-m", "bytewax.run", "infra.bench.peers.bytewax_flow:flow"]
    if way.processes == 1:
        return [Program(command, _environment(job))]
    addresses = ";".join(f"127.0.0.1:{free_port()}" for _ in range(way.processes))
    return [
        Program([*command, "--process-id", str(number), "--addresses", addresses], _environment(job))
        for number in range(way.processes)
    ]


def _environment(job: Job) -> dict[str, str]:
    return {"PYTHONPATH": f"{PACKAGES}:{ROOT}", **job.environment()}


def _peer_reviews(client: Redis) -> int:
    return int(cast(bytes | None, client.get(totals.REVIEWS)) or 0)


def _peer_products(client: Redis) -> dict[str, Counted]:
    found = {}
    for key in client.scan_iter(match=f"{totals.PRODUCT}*", count=1_000):
        good, bad = cast(list[Any], client.hmget(key, ["good", "bad"]))
        found[key.decode().removeprefix(totals.PRODUCT)] = Counted(int(good or 0), int(bad or 0))
    return found


def _ways(*batches: int) -> tuple[Way, ...]:
    """One process with all cores for TensorFlow, and one process a core."""
    return tuple(Way(processes, batch) for processes in sorted({1, CORES}) for batch in batches)


_OURS: Final = Counts(lambda client: reviews_of(client, TENANT), _aura_products)
_THEIRS: Final = Counts(_peer_reviews, _peer_products)

AURA: Final = Contestant("aura", "Aura", _aura, Way(CORES, 4096), _ways(1024, 4096), _OURS)

PEERS: Final = (
    Contestant(
        "plain", "loop, model.predict", _peer("plain"), Way(1, 4096),
        _ways(1024, 4096), _THEIRS,
    ),
    Contestant(
        "graph", "loop, tf.function", _peer("graph"), Way(CORES, 1024), _ways(1024, 4096), _THEIRS
    ),
    Contestant(
        "faust", "Faust", _peer("faust_take"), Way(CORES, 1024), _ways(1024, 4096), _THEIRS
    ),
    Contestant("quix", "Quix Streams", _peer("quix"), Way(CORES, 1024), _ways(1024, 4096), _THEIRS),
    Contestant(
        "bytewax", "Bytewax", _bytewax, Way(1, 4096), _ways(1024, 4096), _THEIRS,
        grouped=False,
    ),
)  # fmt: skip
"""In the order of the table. :mod:`infra.bench.peers` has their programs, each with what was tuned."""
