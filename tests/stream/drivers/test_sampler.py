"""What of a batch is offered to the samples."""

from collections.abc import Sequence

import pytest

from stream.drivers import reading, sampler
from stream.drivers.packing import hash_of, unpack
from stream.drivers.sample import Offer, mark_of, places
from stream.drivers.sampler import OF_PRODUCT, OF_TENANT, Sampler
from stream.drivers.terms import terms_of
from stream.fold import Keep, Scored
from stream.measures import DAY_MS
from tests.stream.samples import NOON_MS, TP, scored

KEEP = Keep(5, 7 * DAY_MS)
DAY = NOON_MS // DAY_MS


def offered(chosen: Sampler, reviews: list[Scored], first: int = 0, keep: Keep = KEEP) -> list[Offer]:
    return chosen.offers(TP, reviews, range(first, first + len(reviews)), lambda _: keep, NOON_MS)


def hashes(offer: Offer) -> list[int]:
    return list(map(hash_of, offer.entries))


def test_a_review_is_offered_for_its_product_and_for_its_tenant() -> None:
    of_product, of_tenant = offered(Sampler(1), [scored(0, 0.2, text="It broke at once", title="Bad lamp")])
    assert of_product[:7] == ("shop", "kettle", DAY, True, OF_PRODUCT, 7, NOON_MS + 8 * DAY_MS)
    assert of_tenant[:5] == ("shop", None, DAY, True, OF_TENANT)
    ((minute, content, mark),) = map(unpack, of_product.entries)
    assert (minute, mark, hashes(of_product)) == (12 * 60, "", places(TP, [0]))
    assert set(terms_of(content)) == {"bad", "lamp", "broke", "bad lamp"}
    assert list(map(unpack, of_tenant.entries)) == [(minute, content, mark_of("kettle"))]
    assert hashes(of_tenant) == places(TP, [0])


def test_days_classes_products_and_tenants_have_samples_of_their_own() -> None:
    reviews = [
        scored(0, 0.9),
        scored(1, 0.2),
        scored(2, 0.9, occurred_at=NOON_MS - DAY_MS),
        scored(3, 0.9, product_id="lamp"),
        scored(4, 0.9, tenant="bank"),
    ]
    found = {(offer.tenant, offer.product_id, offer.day, offer.bad): len(offer.entries) for offer in
             offered(Sampler(1), reviews)}  # fmt: skip
    assert found == {
        ("shop", "kettle", DAY, False): 1, ("shop", None, DAY, False): 2, ("shop", "kettle", DAY, True): 1,
        ("shop", None, DAY, True): 1, ("shop", "kettle", DAY - 1, False): 1, ("shop", None, DAY - 1, False): 1,
        ("shop", "lamp", DAY, False): 1, ("bank", "kettle", DAY, False): 1, ("bank", None, DAY, False): 1,
    }  # fmt: skip


def test_of_many_reviews_those_with_the_smallest_hashes_are_offered() -> None:
    of_product, of_tenant = offered(Sampler(1), [scored(number) for number in range(2_000)])
    smallest = sorted(places(TP, range(2_000)))
    assert hashes(of_product) == smallest[:OF_PRODUCT]
    assert hashes(of_tenant) == smallest[:OF_TENANT]


def test_what_cannot_enter_a_full_sample_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Sampler(1)
    offers = offered(chosen, [scored(number) for number in range(2_000)])
    bounds = [hashes(offer)[-1] for offer in offers]
    chosen.learn(offers, bounds)
    looked_at: list[tuple[str, str | None]] = []

    def read(reviews: Sequence[tuple[str, str | None]]) -> list[int]:
        looked_at.extend(reviews)
        return reading.read(reviews)

    monkeypatch.setattr(sampler, "read", read)
    later = offered(chosen, [scored(number) for number in range(2_000)], 2_000)
    for offer in later:
        below = [place for place in places(TP, range(2_000, 4_000)) if place < bounds[offer.product_id is None]]
        assert hashes(offer) == sorted(below)[: offer.most]
    assert len(looked_at) <= sum(place < bounds[1] for place in places(TP, range(2_000, 4_000))) < 1_000
    chosen.forget()
    assert len(offered(chosen, [scored(number) for number in range(9)])[0].entries) == 9


def test_a_sample_that_takes_all_has_no_bound_and_one_that_takes_nothing_gets_no_offer() -> None:
    chosen = Sampler(1)
    offers = offered(chosen, [scored(0)])
    chosen.learn(offers, [-1, 0])
    assert [offer.product_id for offer in offered(chosen, [scored(1)], 1)] == ["kettle"]


def test_of_texts_that_are_not_kept_nothing_is_offered() -> None:
    assert offered(Sampler(1), [scored(0)], keep=Keep(0, 7 * DAY_MS)) == []
    assert offered(Sampler(1), [scored(0, logged_ms=NOON_MS - 7 * DAY_MS)]) == []
    assert len(offered(Sampler(1), [scored(0, logged_ms=NOON_MS - 7 * DAY_MS + 1)])) == 2


def test_shards_share_a_tenants_sample_evenly() -> None:
    for shards, most in ((1, OF_TENANT), (4, 75), (16, OF_PRODUCT)):
        assert offered(Sampler(shards), [scored(0)])[1].most == most


def test_bounds_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "MAX_BOUNDS", 10)
    chosen = Sampler(1)
    offers = offered(chosen, [scored(number, product_id=f"p{number}") for number in range(30)])
    chosen.learn(offers, [0] * len(offers))
    again = offered(chosen, [scored(number, product_id=f"p{number}") for number in range(30)])
    assert len(offers) - len(again) == 10
