"""Publishing: whatever becomes of an answer, each review counts once."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client import AsyncAura, Aura, InvalidRequest, NewReview, Unavailable, publishing
from api.client.publishing import _portion, _Rest
from api.config import ApiConfig
from tests.api.client.conftest import ONCE, PATIENT, both, serving
from tests.api.client.cutting import Cuts, cutting
from tests.api.filling import House
from tests.api.test_publish import published

LAMP: NewReview = {"product_id": "LAMP-7", "text": "Stopped working after a week.", "rating": 2}


@pytest.fixture
def topic() -> str:
    return f"reviews-{uuid4().hex}"


@pytest.fixture
def kafka_url(config: ApiConfig, kafka_address: str, topic: str) -> Iterator[str]:
    """An API with a broker."""
    kafka = dataclasses.replace(
        config, kafka_bootstrap_servers=kafka_address, topic=topic, publish_timeout_seconds=30.0
    )
    with serving(kafka) as url:
        yield url


async def test_one_review_or_many_are_in_the_log(kafka_url: str, house: House, kafka_address: str, topic: str) -> None:
    key = house.keys["shop", "write"]
    for answer in await both(kafka_url, key, lambda aura: aura.publish(LAMP)):
        assert answer.accepted == 1
    many: Iterator[NewReview] = ({**LAMP, "event_id": f"e{i}"} for i in range(1_001))
    with Aura(kafka_url, key) as aura:
        assert aura.publish(many).event_ids == [f"e{i}" for i in range(1_001)]
        assert aura.publish([]).accepted == 0
    assert len(published(kafka_address, topic)) == 2 + 1_001


async def test_a_review_whose_answer_was_lost_is_sent_again_as_the_same(
    kafka_url: str, house: House, kafka_address: str, topic: str
) -> None:
    key = house.keys["shop", "write"]
    given = []
    for client in (Aura, AsyncAura):
        cuts = Cuts([None, 20])
        with cutting(kafka_url, cuts) as url:
            if client is Aura:
                with Aura(url, key, "shop", retries=PATIENT) as aura:
                    given += aura.publish([LAMP, LAMP]).event_ids
            else:
                async with AsyncAura(url, key, "shop", retries=PATIENT) as async_aura:
                    given += (await async_aura.publish([LAMP, LAMP])).event_ids
        assert cuts.made == 2
    sent = [event.event_id for _, event in published(kafka_address, topic)]
    assert len(set(given)) == 4
    assert sorted(sent) == sorted(given * 3)


def test_what_is_not_acknowledged_can_be_published_again_with_the_same_ids(
    config: ApiConfig, house: House, kafka_address: str, topic: str
) -> None:
    key = house.keys["shop", "write"]
    with (
        serving(config) as url,
        Aura(url, key, retries=ONCE) as aura,
        pytest.raises(Unavailable) as failed,
    ):
        aura.publish(LAMP for _ in range(1_500))
    error = failed.value
    assert error.accepted == 0
    first = error.event_ids
    with serving(dataclasses.replace(config, kafka_bootstrap_servers=kafka_address, topic=topic)) as url:  # noqa: SIM117
        with Aura(url, key, retries=PATIENT) as aura:
            answer = aura.publish(error.unpublished)
    assert answer.accepted == 1_500
    assert answer.event_ids[:1_000] == list(first)


def test_a_review_that_is_not_valid_keeps_its_own_request_out(kafka_url: str, house: House) -> None:
    reviews: list[NewReview] = [LAMP] * 1_500
    reviews[1_200] = {**LAMP, "rating": 6}
    with Aura(kafka_url, house.keys["shop", "write"]) as aura:
        with pytest.raises(InvalidRequest) as failed:
            aura.publish(reviews)
        rest = list(failed.value.unpublished)
        assert (failed.value.accepted, len(rest)) == (1_000, 500)
        assert [(one.index, one.field) for one in failed.value.errors] == [(200, "rating")]
        assert rest[200]["rating"] == 6
        assert "review 200, rating: " in str(failed.value)
        for wrong in ({**LAMP, "text": "\ud800"}, {**LAMP, "rating": float("nan")}, {"product_id": "LAMP-7"}):
            with pytest.raises(InvalidRequest):
                aura.publish(wrong)  # type: ignore[arg-type]


@given(st.lists(st.text(max_size=40), max_size=60))
def test_requests_are_as_large_as_they_may_be_and_lose_nothing(texts: list[str]) -> None:
    most_reviews, most_bytes = 7, 500
    given: list[NewReview] = [{"product_id": "LAMP-7", "text": text, "event_id": "e"} for text in texts]
    sent: list[Any] = []
    rest = _Rest(given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "MAX_REVIEWS", most_reviews)
        patch.setattr(publishing, "MAX_BYTES", most_bytes)
        while (portion := _portion(rest))[0]:
            reviews, content = portion
            assert len(reviews) == 1 or (len(reviews) <= most_reviews and len(content) <= most_bytes)
            sent += json.loads(content)
    assert sent == given
