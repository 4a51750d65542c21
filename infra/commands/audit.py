"""``aura audit``: fold the log again and compare every total and bucket with Redis."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from infra.errors import CommandError
from infra.instants import instant
from infra.settings import load_settings

if TYPE_CHECKING:
    from stream.audit import Auditor, Difference
    from stream.store.lost import Lost

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

    Runs beside live workers. Where the log no longer holds its beginning, what came after is compared.
    Exit code 0: equal. 1: differences, or the proof is not possible.
    """
    settings = load_settings()
    inside = _range(since, until)
    from redis import Redis
    from redis.exceptions import RedisError

    from models.artefact import ArtefactError
    from models.classifier import load as load_classifier
    from stream.audit import Auditor, LogTooShort
    from stream.letterbox import Letterbox, LetterboxUnavailable, NoLetterbox
    from stream.logreader import LogReader, LogUnavailable
    from stream.record import TopicPartition
    from stream.scoring import houses_of, score
    from stream.standing import Standing
    from stream.store.lost import read as read_lost
    from stream.store.snapshot import ShardSnapshot
    from stream.tenants import TenantsFileError, load
    from stream.verdicts import Verdicts

    console = Console(stderr=True)
    client = Redis.from_url(settings.redis_url, socket_timeout=30)
    reader = LogReader(settings.kafka_bootstrap_servers, settings.topic)
    box = Letterbox(settings.kafka_bootstrap_servers, settings.dead_letter_topic)
    verdicts = Verdicts()
    refused: dict[TopicPartition, Standing] = {}

    def learn() -> None:
        with suppress(NoLetterbox):  # then nothing was refused
            verdicts.read(box)
        refused.update(verdicts.all())

    differences: list[Difference] = []
    try:
        tenants = load(settings.tenants_file)
        if unknown := set(tenant or ()) - set(tenants):
            raise CommandError(f"{settings.tenants_file} names no tenant {', '.join(sorted(unknown))}")
        houses, threads = houses_of(tenants), settings.inference_threads or None
        classifiers = {model: load_classifier(model, threads=threads) for model in {h.model for h in houses.values()}}
        auditor = Auditor(
            reader,
            lambda runs: score(runs, houses, classifiers, refused),
            time.time_ns() // 1_000_000,
            lambda tenant: houses[tenant].duplicate_ms if tenant in houses else 0,
            learn,
        )
        with console.status("Reading the log ...") as status:
            for shard in range(settings.store_shards):
                snapshot = ShardSnapshot(client, settings.topic, shard, settings.store_shards)
                for difference in auditor.shard(snapshot, set(tenant) if tenant else None, inside):
                    differences.append(difference)
                    status.update(f"{auditor.records:,} records read, {len(differences):,} differences")
        never_read = read_lost(client, settings.topic)
    except (ArtefactError, LetterboxUnavailable, LogTooShort, LogUnavailable, TenantsFileError) as error:
        raise CommandError(str(error)) from error
    except RedisError as error:
        raise CommandError(f"Redis did not answer: {error}") from error
    finally:
        reader.close()
        box.close()
        client.close()
    # A log that proves nothing must not pass for a proof.
    proven = not differences and (auditor.compared > 0 or not auditor.begins)
    if as_json:
        _print_json(auditor, differences, never_read, proven)
    else:
        _print(auditor, differences, never_read, proven)
    if not proven:
        raise typer.Exit(1)


def _print_json(auditor: "Auditor", differences: "list[Difference]", never_read: "list[Lost]", proven: bool) -> None:
    print(
        json.dumps(
            {
                "equal": proven,
                "records": auditor.records,
                "entities": auditor.entities,
                "compared": auditor.compared,
                "left_out": auditor.left_out,
                "log_begins": {
                    str(partition): {"offset": begin.offset, "at_ms": begin.at_ms}
                    for partition, begin in sorted(auditor.begins.items())
                },
                "never_read": [
                    {"partition": one.tp.partition, **one.stretch._asdict(), "found_ms": one.found_ms}
                    for one in never_read
                ],
                "differences": [
                    {"shard": d.shard, "entity": d.entity, "place": d.place, "log": d.log, "store": d.store}
                    for d in differences
                ],
            }
        )
    )


def _print(auditor: "Auditor", differences: "list[Difference]", never_read: "list[Lost]", proven: bool) -> None:
    for difference in differences[:SHOWN]:
        print(f"{difference.entity}, {difference.place}: the log says {difference.log}, Redis {difference.store}")
    if len(differences) > SHOWN:
        print(f"... and {len(differences) - SHOWN:,} more")
    for one in never_read[-SHOWN:]:
        print(
            f"never read: partition {one.tp.partition}, offsets {one.stretch} ({one.records:,}), which the log had "
            f"dropped when a worker came to them ({_shown(one.found_ms)})"
        )
    if auditor.begins:
        where = ", ".join(
            f"partition {partition} at offset {begin.offset} ({_shown(begin.at_ms)})"
            for partition, begin in sorted(auditor.begins.items())
        )
        print(
            f"the log no longer holds its beginning; it begins in {where}. Totals are left out, and so are "
            f"{auditor.left_out:,} buckets that may hold reviews from before; {auditor.compared:,} were compared"
        )
    count = len(differences)
    if count:
        verdict = f"{count:,} difference{'s' if count > 1 else ''}"
    elif not proven:
        verdict = "nothing to compare"
    else:
        verdict = "equal as far as the log goes back" if auditor.begins else "equal"
    print(f"{verdict}: {auditor.records:,} records, {auditor.entities:,} products and tenants")


def _shown(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _range(since: str | None, until: str | None) -> Callable[[int], bool] | None:
    if since is None and until is None:
        return None
    first = instant("--from", since) if since else 0
    end = instant("--to", until) if until else 1 << 62
    return lambda start: first <= start < end
