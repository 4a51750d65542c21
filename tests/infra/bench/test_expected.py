"""What a benchmark holds totals against before it tells a rate."""

import time
from collections.abc import Sequence

import pytest
from redis import Redis

from infra.bench.expected import Expected
from infra.bench.filling import fill
from infra.bench.texts import events
from infra.errors import CommandError
from models import classifier
from stream.border import near
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import P_SCALE
from stream.scoring import millionths
from stream.store.connection import connect, open_store
from stream.store.writer import StoreWriter

MODEL = "reference"
REVIEWS = list(events(None, 60))


@pytest.fixture(scope="module")
def expected() -> Expected:
    return Expected(MODEL)


@pytest.fixture(scope="module")
def p_good() -> list[int]:
    """Of each review."""
    return list(millionths(classifier.load(MODEL), REVIEWS))


async def checked(url: str, expected: Expected, reviews: Sequence[ReviewEvent], p_good: Sequence[int]) -> int:
    """What the check says of a store that these were counted in, where :data:`REVIEWS` were published."""
    now_ms = time.time_ns() // 1_000_000
    client = connect(url, timeout=30.0)
    scored = [Scored(review, p, now_ms) for review, p in zip(reviews, p_good, strict=True)]
    await fill(StoreWriter(client, await open_store(client, 1)), scored, now_ms, lambda _: None)
    await client.aclose()
    with Redis.from_url(url) as blocking:
        return expected.check(blocking, REVIEWS)


async def test_totals_that_are_the_classifiers_own_are_right(
    redis_url: str, expected: Expected, p_good: list[int]
) -> None:
    assert await checked(redis_url, expected, REVIEWS, p_good) == sum(map(near, p_good))


async def test_one_review_that_was_not_counted_is_told(redis_url: str, expected: Expected, p_good: list[int]) -> None:
    with pytest.raises(CommandError, match="59 reviews were counted, 60 were published"):
        await checked(redis_url, expected, REVIEWS[1:], p_good[1:])


async def test_one_review_with_the_other_label_is_told(redis_url: str, expected: Expected, p_good: list[int]) -> None:
    number = next(number for number, p in enumerate(p_good) if not near(p))
    others = [P_SCALE - p if at == number else p for at, p in enumerate(p_good)]
    with pytest.raises(CommandError, match="of 60 reviews were counted as good"):
        await checked(redis_url, expected, REVIEWS, others)
