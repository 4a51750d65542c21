"""The API keeps to its own OpenAPI document, whatever it is sent."""

import asyncio
import dataclasses
import logging
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import structlog

from api.clock import now_ms
from api.config import ApiConfig
from stream.comparison import compare
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import HOUR_MS, P_SCALE
from stream.store import comparisons
from stream.store.connection import connect
from stream.store.state import WorkerStatus
from tests.api.filling import KEEP, Filler, House
from tests.api.serving import served

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = Path(__file__).with_name("schemathesis.toml")
MODELS = ("products@000000000001", "products@000000000002")
BEAT_SECONDS = 2.0

_LOAD = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"


def review(number: int) -> Scored:
    event = ReviewEvent(
        event_id=f"e{number}",
        tenant="shop",
        product_id=("LAMP-7", "KETTLE")[number % 2],
        text="Stopped working after a week.",
        occurred_at=now_ms() - number * HOUR_MS,
        title="Broken" if number % 3 else None,
        rating=1 + number % 5,
        product_name="Desk lamp",
        brand="Nordhavn",
        categories=("Light",),
    )
    return Scored(event, (number % 10) * P_SCALE // 10, now_ms())


@pytest.fixture
async def url(
    config: ApiConfig, house: House, filler: Filler, redis_url: str, kafka_address: str
) -> AsyncIterator[str]:
    """An API in which no list is empty, and nothing is missing."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    # Texts for as long as the longest window: whether a window is too long for drivers is the tenant's to say.
    settings = "requests_per_second = 0\nrecent_days = 30"
    house.path.write_text(house.path.read_text().replace('kind = "ecommerce"', settings, 1))
    reviews = [review(number) for number in range(60)]
    await filler.put(reviews)
    client = connect(redis_url)
    await comparisons.add(client, "shop", MODELS, compare(reviews, [P_SCALE // 2 - 1] * 60), KEEP, now_ms())
    await client.aclose()

    async def beat() -> None:
        while True:
            await filler.heartbeat(WorkerStatus("w1", "CPU", {}, 0.0, 0, [], now_ms()))
            await asyncio.sleep(BEAT_SECONDS)

    beating = asyncio.create_task(beat())
    async with served(dataclasses.replace(config, kafka_bootstrap_servers=kafka_address)) as url:
        yield url
    beating.cancel()


@pytest.mark.timeout(900)
async def test_every_operation_answers_as_its_document_says(url: str, house: House, tmp_path: Path) -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        document = (await http.get(f"{url}/openapi.json")).json()
    operations = sum(len(methods) for methods in document["paths"].values())
    arguments = [sys.executable, "-c", _LOAD, "--config-file", str(SETTINGS), "run", f"{url}/openapi.json"]
    run = await asyncio.create_subprocess_exec(
        *arguments,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "API_KEY": house.keys["shop", "write"]},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said = (await run.communicate())[0].decode()
    finally:
        if run.returncode is None:
            run.kill()
    assert run.returncode == 0, said
    assert re.findall(r"(?:Selected|Tested): (.*)", said) == [f"{operations}/{operations}", str(operations)], said
