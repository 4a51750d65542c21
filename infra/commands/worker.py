"""``aura worker``: classify reviews from Kafka and keep the totals in Redis."""

import asyncio
import errno
import gc
import os
import sys
import threading
from functools import partial
from typing import Final

from infra.errors import CommandError
from infra.interrupt import told_of_signals
from infra.logging import configure_logging
from infra.retention import warn_of_retention
from infra.settings import load_settings

END_SECONDS: Final = 6.5
"""From the beginning of a stop to the end of the process at the latest. An orchestrator's SIGKILL comes after 10: on a
crowded machine the end itself may take a second or two."""


def worker() -> None:
    """Classify reviews from Kafka and keep the totals in Redis, until SIGTERM or Ctrl-C.

    Start as many as the topic has partitions; each takes its share of them.
    """
    # What is imported and loaded makes half a million objects, all of which stay. To search for garbage among them was
    # an eighth of the start's processor time, in vain; stream.garbage.set_aside() lets searches begin.
    gc.disable()
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    from models.artefact import ArtefactError
    from stream.store.connection import StoreEvicts, StoreMismatch
    from stream.tenants import TenantsFileError
    from stream.topics import TopicsError, ensure_topics
    from stream.worker import WorkerConfig, WorkerFailed

    config = WorkerConfig(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        topic=settings.topic,
        dead_letter_topic=settings.dead_letter_topic,
        group=settings.consumer_group,
        redis_url=settings.redis_url,
        tenants_path=settings.tenants_file,
        shards=settings.store_shards,
        batch_size=settings.batch_size,
        batch_age_seconds=settings.batch_age_ms / 1000,
        dead_letter_limit=settings.dead_letter_limit,
        inference_threads=settings.inference_threads or None,
        metrics_host=settings.worker_metrics_host,
        metrics_port=settings.worker_metrics_port,
    )
    retention_ms = settings.retention_hours * 3_600_000 or -1
    try:
        topics = ensure_topics(
            settings.kafka_bootstrap_servers,
            partitions=settings.partitions,
            replication=settings.replication,
            reviews=settings.topic,
            retention_ms=retention_ms,
        )
        warn_of_retention(topics, retention_ms, settings.kafka_bootstrap_servers)
        asyncio.run(_until_stopped(config))
    except (ArtefactError, StoreEvicts, StoreMismatch, TenantsFileError, TopicsError, WorkerFailed) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CommandError(
            f"the worker cannot show its metrics on {settings.worker_metrics_host}:{settings.worker_metrics_port}, "
            "which another program has; AURA_WORKER_METRICS_PORT chooses another port for each worker, 0 none"
        ) from error
    sys.stdout.flush()
    sys.stderr.flush()
    # Faust's and TensorFlow's threads may still hold the interpreter; everything that matters is applied or fenced.
    os._exit(0)


def _begin_to_stop(begun: threading.Event, code: int) -> None:
    """End the process :data:`END_SECONDS` from now, whatever still waits for Kafka, Redis or a thread."""
    if begun.is_set():
        return  # the clock runs
    begun.set()
    clock = threading.Timer(END_SECONDS, os._exit, [code])
    clock.daemon = True
    clock.start()


async def _until_stopped(config: "WorkerConfig") -> None:  # type: ignore[name-defined]  # noqa: F821
    from stream.worker import Worker

    loop = asyncio.get_running_loop()
    stop, begun = asyncio.Event(), threading.Event()

    def told() -> None:
        _begin_to_stop(begun, 0)
        loop.call_soon_threadsafe(stop.set)

    with told_of_signals(told):
        await Worker(config, partial(_begin_to_stop, begun, CommandError.exit_code)).run(stop)
