"""``aura worker``: classify reviews from Kafka and keep the totals in Redis."""

import asyncio
import errno
import os
import signal
import sys
import threading
from functools import partial
from typing import Final

from infra.errors import CommandError
from infra.logging import configure_logging
from infra.settings import load_settings

END_SECONDS: Final = 8.0
"""From the beginning of a stop to the end of the process at the latest; an orchestrator's SIGKILL comes after 10."""


def worker() -> None:
    """Classify reviews from Kafka and keep the totals in Redis, until SIGTERM or Ctrl-C.

    Start as many as the topic has partitions; each takes its share of them.
    """
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    from models.artefact import ArtefactError
    from stream.store.connection import StoreEvicts, StoreMismatch
    from stream.tenants import TenantsFileError
    from stream.topics import TopicsError, ensure_topics
    from stream.worker import Worker, WorkerConfig, WorkerFailed

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
    try:
        ensure_topics(
            settings.kafka_bootstrap_servers,
            partitions=settings.partitions,
            replication=settings.replication,
            reviews=settings.topic,
            retention_ms=settings.retention_hours * 3_600_000 or -1,
        )
        stop = asyncio.Event()
        asyncio.run(_until_stopped(Worker(config, partial(_begin_to_stop, stop, CommandError.exit_code)), stop))
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


def _begin_to_stop(asked: asyncio.Event, code: int) -> None:
    """End the process :data:`END_SECONDS` from now, whatever still waits for Kafka, Redis or a thread."""
    if asked.is_set():
        return  # the clock runs
    if code == 0:
        asked.set()
    clock = threading.Timer(END_SECONDS, os._exit, [code])
    clock.daemon = True
    clock.start()


async def _until_stopped(worker: "Worker", stop: asyncio.Event) -> None:  # type: ignore[name-defined]  # noqa: F821
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _begin_to_stop, stop, 0)
    await worker.run(stop)
