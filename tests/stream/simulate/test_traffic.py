"""Traffic: the same for the same seed, at the rate asked for, along the story lines."""

import re
from collections import Counter
from itertools import islice, pairwise, takewhile

import numpy as np
import pytest

from stream.event import decode, encode
from stream.simulate import TENANTS, traffic
from stream.simulate.catalogue import load
from stream.simulate.stories import CYCLE_MINUTES, Stories, value_at
from stream.simulate.traffic import DEFAULT_START_MS, Draft, drafts

MINUTE = 60_000


def first_minutes(minutes: float, rate: float) -> list[Draft]:
    end = DEFAULT_START_MS + minutes * MINUTE
    return list(takewhile(lambda draft: draft.event.occurred_ms < end, drafts(seed=3, rate=rate)))


def test_the_same_seed_and_start_give_the_same_events() -> None:
    assert list(islice(traffic(seed=5), 200)) == list(islice(traffic(seed=5), 200))
    assert list(islice(traffic(seed=5), 200)) != list(islice(traffic(seed=6), 200))


def test_ids_differ_between_seeds_and_starts() -> None:
    runs = [traffic(seed=1), traffic(seed=2), traffic(seed=1, start_ms=DEFAULT_START_MS + 1)]
    ids = [event.event_id for run in runs for event in islice(run, 300)]
    assert len(set(ids)) == 900


def test_every_event_is_valid_and_as_a_customer_would_write() -> None:
    for event in islice(traffic(), 2_000):
        assert decode(encode(event)) == event
        assert "{" not in event.text
        assert event.language == "en"
        assert event.categories
        assert event.product_name


def test_lengths_are_those_of_reviews() -> None:
    words = [len(event.text.split()) for event in islice(traffic(), 5_000)]
    assert 20 <= np.median(words) <= 30
    assert max(words) < 120
    sentences = [len(re.findall(r"[.!?](?: |$)", event.text)) for event in islice(traffic(), 2_000)]
    assert min(sentences) == 1
    assert max(sentences) <= 7


def test_times_rise_at_the_rate() -> None:
    events = list(islice(traffic(rate=50, start_ms=DEFAULT_START_MS), 5_000))
    assert all(earlier.occurred_ms <= later.occurred_ms for earlier, later in pairwise(events))
    seconds = (events[-1].occurred_ms - events[0].occurred_ms) / 1000
    assert 5_000 / seconds == pytest.approx(50, rel=0.05)


def test_tenants_share_the_traffic_and_popular_products_get_most_of_it() -> None:
    events = [draft.event for draft in first_minutes(2, rate=100)]
    by_tenant = Counter(event.tenant for event in events)
    assert set(by_tenant) == set(TENANTS)
    assert max(by_tenant.values()) / min(by_tenant.values()) < 1.15
    for tenant in TENANTS:
        products = Counter(event.product_id for event in events if event.tenant == tenant)
        ranked = [products[product.id] for product in load(tenant).products]
        assert 0.15 < ranked[0] / sum(ranked) < 0.3
        assert min(ranked) > 0.01 * sum(ranked)
    only = Counter(event.tenant for event in islice(traffic(tenants=("bank",)), 100))
    assert only == {"bank": 100}
    with pytest.raises(KeyError):
        next(traffic(tenants=("dentist",)))


def fits(draft: Draft) -> bool:
    stars = draft.event.rating or 0
    return stars > 3 if draft.mood == "good" else stars < 4


def test_ratings_agree_with_the_words_mostly_but_not_always() -> None:
    seen = list(islice(drafts(), 10_000))
    rated = [draft for draft in seen if draft.event.rating is not None]
    assert 0.72 < len(rated) / len(seen) < 0.78
    assert 0.94 < np.mean([fits(draft) for draft in rated if draft.mood != "mixed"]) < 0.99
    assert 0.5 < np.mean([draft.event.title is not None for draft in seen]) < 0.6


@pytest.fixture(scope="module")
def cycle() -> list[Draft]:
    """Every review of one cycle of the stories."""
    return first_minutes(CYCLE_MINUTES, rate=60)


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_story_shows_in_the_reviews(cycle: list[Draft], tenant: str) -> None:
    """Every two minutes, as many good reviews as the curve says, within four standard deviations."""
    for story in load(tenant).stories:
        told = [draft for draft in cycle if draft.event.product_id == story.product]
        minutes = np.array([(draft.event.occurred_ms - DEFAULT_START_MS) / MINUTE for draft in told])
        if story.good:
            decided = np.array([draft.mood != "mixed" for draft in told])
            good = np.array([draft.mood == "good" for draft in told])
            chance = np.array([value_at(story.good, minute) for minute in minutes])
            for since in np.arange(0, CYCLE_MINUTES, 2):
                within = decided & (minutes >= since) & (minutes < since + 2)
                spread = np.sqrt((chance * (1 - chance))[within].sum())
                assert good[within].sum() == pytest.approx(chance[within].sum(), abs=4 * spread + 1)
        if story.volume:
            peak, factor = max(story.volume, key=lambda point: point[1])
            burst, before = [((minutes >= since) & (minutes < since + 0.5)).sum() for since in (peak, 0)]
            assert burst == pytest.approx(factor * before, rel=0.5)


def test_before_the_story_begins_all_is_as_at_its_beginning() -> None:
    catalogue = load("shop")
    stories = Stories(catalogue)
    kettle = catalogue.products[0]
    assert stories.good(kettle, -600) == stories.good(kettle, 0) == 0.92
    assert stories.volume(kettle, -600) == 1
    assert stories.good(kettle, 10) == 0.1
    assert stories.good(kettle, 10 + CYCLE_MINUTES) == 0.1
    history = traffic(rate=100, tenants=("shop",), story_ms=DEFAULT_START_MS + 3_600_000)
    assert {event.occurred_ms < DEFAULT_START_MS + 3_600_000 for event in islice(history, 100)} == {True}


def test_a_curve_is_straight_between_its_points_and_level_outside() -> None:
    curve = [(2.0, 1.0), (4.0, 0.0)]
    assert [value_at(curve, minute) for minute in (-1, 2, 3, 3.5, 4, 9)] == [1, 1, 0.5, 0.25, 0, 0]
