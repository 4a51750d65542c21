"""``aura audit``: fold the log again and compare every total and bucket with Redis."""

import json
import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from infra.errors import CommandError
from infra.instants import instant
from infra.settings import load_settings

SHOWN = 50
"""Differences printed one by one; beyond that their number says enough."""


def audit(
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant; repeatable.", metavar="ID")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Only buckets that start at or after this time (RFC 3339 with a zone).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Only buckets that start before this time (RFC 3339 with a zone).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove that Redis holds what the log says: read the reviews again, fold them, compare every total and bucket.

    Runs beside live workers. Exit code 0: equal. 1: differences, or the proof is not possible.
    """
    settings = load_settings()
    inside = _range(since, until)
    from redis import Redis
    from redis.exceptions import RedisError

    from models.artefact import ArtefactError
    from models.classifier import load as load_classifier
    from stream.audit import Auditor, Difference, LogTooShort
    from stream.letterbox import Letterbox, LetterboxUnavailable, standing
    from stream.logreader import LogReader, LogUnavailable
    from stream.scoring import houses_of, score
    from stream.store.snapshot import ShardSnapshot
    from stream.tenants import TenantsFileError, load

    console = Console(stderr=True)
    client = Redis.from_url(settings.redis_url, socket_timeout=30)
    reader = LogReader(settings.kafka_bootstrap_servers, settings.topic)
    differences: list[Difference] = []
    try:
        tenants = load(settings.tenants_file)
        if unknown := set(tenant or ()) - set(tenants):
            raise CommandError(f"{settings.tenants_file} names no tenant {', '.join(sorted(unknown))}")
        houses, threads = houses_of(tenants), settings.inference_threads or None
        classifiers = {model: load_classifier(model, threads=threads) for model in {h.model for h in houses.values()}}
        with Letterbox(settings.kafka_bootstrap_servers, settings.dead_letter_topic) as box:
            refused = standing(box)
        auditor = Auditor(
            reader,
            lambda runs: score(runs, houses, classifiers, refused),
            time.time_ns() // 1_000_000,
            lambda tenant: houses[tenant].duplicate_ms,
        )
        with console.status("Reading the log ...") as status:
            for shard in range(settings.store_shards):
                snapshot = ShardSnapshot(client, settings.topic, shard, settings.store_shards)
                for difference in auditor.shard(snapshot, set(tenant) if tenant else None, inside):
                    differences.append(difference)
                    status.update(f"{auditor.records:,} records read, {len(differences):,} differences")
    except (ArtefactError, LetterboxUnavailable, LogTooShort, LogUnavailable, TenantsFileError) as error:
        raise CommandError(str(error)) from error
    except RedisError as error:
        raise CommandError(f"Redis did not answer: {error}") from error
    finally:
        reader.close()
        client.close()
    if as_json:
        print(
            json.dumps(
                {
                    "equal": not differences,
                    "records": auditor.records,
                    "entities": auditor.entities,
                    "differences": [
                        {"shard": d.shard, "entity": d.entity, "place": d.place, "log": d.log, "store": d.store}
                        for d in differences
                    ],
                }
            )
        )
    else:
        for difference in differences[:SHOWN]:
            print(f"{difference.entity}, {difference.place}: the log says {difference.log}, Redis {difference.store}")
        if len(differences) > SHOWN:
            print(f"... and {len(differences) - SHOWN:,} more")
        count = len(differences)
        verdict = "equal" if not count else f"{count:,} difference{'s' if count > 1 else ''}"
        print(f"{verdict}: {auditor.records:,} records, {auditor.entities:,} products and tenants")
    if differences:
        raise typer.Exit(1)


def _range(since: str | None, until: str | None) -> Callable[[int], bool] | None:
    if since is None and until is None:
        return None
    first = instant("--from", since) if since else 0
    end = instant("--to", until) if until else 1 << 62
    return lambda start: first <= start < end
