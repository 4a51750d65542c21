"""``aura audit``: fold the log again and compare every total and bucket with Redis."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Final

import typer
from rich.console import Console

from infra.errors import CommandError
from infra.instants import instant
from infra.options import AsJson
from infra.settings import load_settings

MINUTE_MS: Final = 60_000


def audit(
    tenant: Annotated[list[str] | None, typer.Option(help="Only this tenant; repeatable.", metavar="ID")] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Only buckets that start at or after this time (RFC 3339 with a zone).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Only buckets that start before this time (RFC 3339 with a zone).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that Redis holds what the log says: read the reviews again, fold them, compare every total and bucket.

    Runs beside live workers, scores each review by the model that counted it, and judges what Redis has counted; how
    much of the log is past that, it says. Where the log no longer holds its beginning, what came after is compared.
    Tenants that Redis has and the tenants file has not are named, and not judged.

    Exit status 0: equal, or neither side holds a review of what was asked for. 1: differences, each of them printed; or
    nothing is proven, and why: Kafka or Redis does not answer, Redis was emptied or is another one, the log has dropped
    what there was to compare; or a tenant is not, as the model that counted its reviews cannot be loaded. 2: an option
    or a setting is wrong.
    """
    settings = load_settings()
    inside = _range(since, until)
    from redis import Redis
    from redis.exceptions import RedisError

    from infra.audit_report import Report
    from infra.recounting import Recount
    from stream.audit import Auditor, LogTooShort
    from stream.ledger import Difference
    from stream.letterbox import Letterbox, LetterboxUnavailable
    from stream.logreader import LogReader, LogUnavailable, NoLog
    from stream.proof import NotAuditable, begun, doubts, verdict
    from stream.scoring import ClassifierFailed
    from stream.store.connection import StoreMismatch
    from stream.store.lost import read as read_lost
    from stream.store.snapshot import ShardSnapshot
    from stream.store.whole import look
    from stream.tenants import TenantsFileError, load

    status = Console(stderr=True).status("Reading the log ...")
    client = Redis.from_url(settings.redis_url, socket_timeout=30)
    reader = LogReader(settings.kafka_bootstrap_servers, settings.topic)
    box = Letterbox(settings.kafka_bootstrap_servers, settings.dead_letter_topic)
    differences: list[Difference] = []

    def progress(read: int, shard: int = 0) -> None:
        shards = f"shard {shard + 1} of {settings.store_shards}: " if settings.store_shards > 1 else ""
        status.update(f"{shards}{read:,} of some {held:,} records read, {len(differences):,} differences")

    try:
        tenants = load(settings.tenants_file)
        if unknown := set(tenant or ()) - set(tenants):
            named = f"{settings.tenants_file} names no tenant {', '.join(sorted(unknown))}"
            raise typer.BadParameter(named, param_hint="--tenant")
        before = look(client, settings.topic, settings.store_shards)
        try:
            bounds = reader.bounds()
        except NoLog as error:
            hint = f"; Redis has counted {', '.join(before.others)}" if before.others else ""
            raise CommandError(f"{error} (AURA_TOPIC){hint}") from error
        begun(settings.topic, bounds, before)
        held = sum(end - oldest for oldest, end in bounds.values())
        again = partial(load, settings.tenants_file)
        recount = Recount(tenants, again, tenant or (), box, settings.inference_threads or None)
        auditor = Auditor(reader, recount, time.time_ns() // 1_000_000)
        with status:
            for shard in range(settings.store_shards):
                snapshot = ShardSnapshot(client, settings.topic, shard, settings.store_shards)
                differences += auditor.shard(snapshot, inside, partial(progress, shard=shard))
        doubted = doubts(bounds, before, look(client, settings.topic, settings.store_shards))
        never_read = read_lost(client, settings.topic)
    except (
        LetterboxUnavailable, LogTooShort, LogUnavailable, NotAuditable, StoreMismatch, TenantsFileError,
    ) as error:  # fmt: skip
        raise CommandError(str(error)) from error
    except ClassifierFailed as error:
        raise CommandError(f"{error}; look at the artefact and the device, and audit again") from error
    except RedisError as error:
        raise CommandError(f"Redis did not answer: {error}") from error
    finally:
        reader.close()
        box.close()
        client.close()
    topic_is_empty = not any(end for _, end in bounds.values())
    doubtful = bool(doubted or recount.unproven)
    proof = verdict(auditor, len(differences), doubtful, topic_is_empty, bool(recount.strangers))
    report = Report(
        proof, auditor, differences, doubted, auditor.beyond(bounds), never_read, before.others, recount.strangers,
        recount.unproven,
    )  # fmt: skip
    if as_json:
        print(json.dumps(report.as_json()))
    else:
        print(*report.sentences(), sep="\n")
    if not proof.equal:
        raise typer.Exit(1)


def _range(since: str | None, until: str | None) -> Callable[[int], bool] | None:
    if since is None and until is None:
        return None
    first = instant("--from", since) if since else 0
    end = instant("--to", until) if until else 1 << 62
    if first >= end:
        raise typer.BadParameter(f"expected a time after that of --from ({since}), got {until}", param_hint="--to")
    if first + -first % MINUTE_MS >= end:
        raise typer.BadParameter(
            f"expected a range in which a bucket starts; no minute starts from {since} up to {until}", param_hint="--to"
        )
    return lambda start: first <= start < end
