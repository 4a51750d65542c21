"""POST reviews, with librdkafka's in-process broker and without any."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition

from api.config import ApiConfig
from stream.event import EVENT_VERSION, VERSION_HEADER, ReviewEvent, decode
from tests.api.conftest import connected
from tests.api.filling import House

PATH = "/v1/tenants/shop/reviews"
REVIEW: dict[str, Any] = {"product_id": "LAMP-7", "text": "Stopped working after a week.", "rating": 2}


@pytest.fixture
def topic() -> str:
    return f"reviews-{uuid4().hex}"


@pytest.fixture
async def kafka_http(config: ApiConfig, kafka_address: str, topic: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API with a broker."""
    async with connected(
        dataclasses.replace(
            config,
            kafka_bootstrap_servers=kafka_address,
            topic=topic,
            publish_timeout_seconds=30.0,
            max_body_bytes=10_000,
        )
    ) as http:
        yield http


def published(address: str, topic: str) -> list[tuple[bytes, ReviewEvent]]:
    """All records of the topic, each as its key and event."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": uuid4().hex, "enable.partition.eof": True})
    try:
        metadata = consumer.list_topics(topic, timeout=10).topics[topic]
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in metadata.partitions}
        consumer.assign([TopicPartition(topic, p, 0) for p in ends])
        records: list[tuple[bytes, ReviewEvent]] = []
        while len(records) < sum(ends.values()):
            message = consumer.poll(10)
            assert message is not None, "the broker says that there are more records"
            if message.error() is None:
                assert message.headers() == [(VERSION_HEADER, str(EVENT_VERSION).encode())]
                records.append((message.key(), decode(message.value())))
        return records
    finally:
        consumer.close()


async def test_accepted_reviews_are_in_the_log(
    kafka_http: httpx.AsyncClient, house: House, kafka_address: str, topic: str
) -> None:
    one = await kafka_http.post(PATH, json=REVIEW, headers=house.headers("shop", "write"))
    many = await kafka_http.post(
        PATH, json=[{**REVIEW, "event_id": f"e{i}"} for i in range(20)], headers=house.headers("shop", "admin")
    )
    assert (one.status_code, many.status_code) == (202, 202)
    assert (one.json()["accepted"], many.json()["accepted"]) == (1, 20)
    assert many.json()["event_ids"] == [f"e{i}" for i in range(20)]
    records = published(kafka_address, topic)
    assert [event.event_id for _, event in records] == one.json()["event_ids"] + many.json()["event_ids"]
    assert {(key, event.tenant, event.text) for key, event in records} == {
        (b"shop/LAMP-7", "shop", "Stopped working after a week.")
    }
    metrics = (await kafka_http.get("/metrics")).text
    assert "aura_api_published_total 21.0" in metrics


async def test_one_invalid_review_keeps_all_out(
    kafka_http: httpx.AsyncClient, house: House, kafka_address: str, topic: str
) -> None:
    headers = house.headers("shop", "write")
    answer = await kafka_http.post(PATH, json=[REVIEW, {**REVIEW, "rating": 0}], headers=headers)
    assert answer.status_code == 422
    assert [(error["index"], error["field"]) for error in answer.json()["errors"]] == [(1, "rating")]
    assert (await kafka_http.post(PATH, json=REVIEW, headers=headers)).status_code == 202
    assert len(published(kafka_address, topic)) == 1


@pytest.mark.parametrize("body", [b"", b"{", b'{"text": "\xff"}', b"[" * 5000, b"\x00", b'{"a": NaN}'])
async def test_what_is_not_json_is_refused(kafka_http: httpx.AsyncClient, house: House, body: bytes) -> None:
    answer = await kafka_http.post(PATH, content=body, headers=house.headers("shop", "write"))
    assert (answer.status_code, answer.json()["detail"]) == (422, "body: expected JSON in UTF-8")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused(kafka_http: httpx.AsyncClient, house: House, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 1000

    content: Any = pieces() if chunked else b" " * 10_001
    answer = await kafka_http.post(PATH, content=content, headers=house.headers("shop", "write"))
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:aura:problem:too-large")
    fits = json.dumps(REVIEW).encode().ljust(10_000)
    assert (await kafka_http.post(PATH, content=fits, headers=house.headers("shop", "write"))).status_code == 202


async def test_without_kafka_the_client_is_told_to_come_back(http: httpx.AsyncClient, house: House) -> None:
    answer = await http.post(PATH, json=REVIEW, headers=house.headers("shop", "write"))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:aura:problem:unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert len(answer.json()["event_ids"]) == 1
    assert "aura_api_published_total 0.0" in (await http.get("/metrics")).text


async def test_what_may_have_arrived_is_posted_again_as_the_same(http: httpx.AsyncClient, house: House) -> None:
    """A client that names no ids learns those it was given, so that what arrived is known when it comes again."""
    headers = house.headers("shop", "write")
    reviews: list[dict[str, Any]] = [REVIEW, {**REVIEW, "event_id": "own"}, REVIEW]
    given = (await http.post(PATH, json=reviews, headers=headers)).json()["event_ids"]
    assert given[1] == "own"
    assert len(set(given)) == 3
    named = [{**review, "event_id": name} for review, name in zip(reviews, given, strict=True)]
    again = await http.post(PATH, json=named, headers=headers)
    assert (again.status_code, again.json()["event_ids"]) == (503, given)


async def test_a_body_that_does_not_arrive_is_not_waited_for(config: ApiConfig, house: House) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with connected(dataclasses.replace(config, body_timeout_seconds=0.05)) as http:
        answer = await http.post(PATH, content=never(), headers=house.headers("shop", "write"))
    assert (answer.status_code, answer.json()["type"]) == (408, "urn:aura:problem:timeout")
