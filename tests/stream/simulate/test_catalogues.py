"""The catalogues are whole: every product can be written about, every story is told of one."""

import re

import pytest

from stream.event import from_fields
from stream.simulate import TENANTS
from stream.simulate.catalogue import FOLDER, Catalogue, load, subjects
from stream.simulate.stories import CYCLE_MINUTES


@pytest.fixture(params=TENANTS)
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    return load(request.param)


def test_there_is_one_for_each_tenant_and_no_other() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(TENANTS)
    assert [load(tenant).tenant for tenant in TENANTS] == list(TENANTS)


@pytest.mark.parametrize("name", ["dentist", "", "../writing", "shop.toml"])
def test_another_name_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        load(name)


def test_there_are_a_dozen_products_and_more_with_names_of_their_own(catalogue: Catalogue) -> None:
    assert 12 <= len(catalogue.products) <= 18
    for field in ("id", "name"):
        assert len({getattr(product, field) for product in catalogue.products}) == len(catalogue.products)


def test_every_product_is_one_that_an_event_can_name(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        fields = {"product_id": product.id, "product_name": product.name, "categories": product.categories}
        event = from_fields(
            fields | {"event_id": "e", "tenant": catalogue.tenant, "text": "x", "occurred_at": 1_700_000_000_000}
        )
        assert event.product_id == product.id


def test_there_are_enough_remarks_for_every_product(catalogue: Catalogue) -> None:
    """A review draws up to two different ones of its product's kind."""
    for subject in subjects(catalogue):
        assert len(set(subject.praise)) >= 5
        assert len(set(subject.blame)) >= 5


def test_no_kind_is_left_over(catalogue: Catalogue) -> None:
    assert {kind for product in catalogue.products for kind in product.kinds} == set(catalogue.kinds)


def test_the_banks_of_sentences_are_large(catalogue: Catalogue) -> None:
    said = {*catalogue.openers, *catalogue.good, *catalogue.bad, *catalogue.good_verdicts, *catalogue.bad_verdicts}
    said |= {sentence for remarks in catalogue.kinds.values() for sentence in remarks.good + remarks.bad}
    assert len(said) > 120


def test_sentences_are_sentences(catalogue: Catalogue) -> None:
    pools = [catalogue.openers, catalogue.good, catalogue.bad, catalogue.good_verdicts, catalogue.bad_verdicts]
    pools += [catalogue.mixed_verdicts, *(pool for each in catalogue.kinds.values() for pool in (each.good, each.bad))]
    for pool in pools:
        assert len(pool) == len(set(pool))
        for sentence in pool:
            assert re.fullmatch(r"[A-Z][^{}]*(\{noun\}[^{}]*)?[.!?]", sentence), sentence


def test_every_story_is_of_a_product_and_fits_the_cycle(catalogue: Catalogue) -> None:
    ids = {product.id for product in catalogue.products}
    assert len({story.product for story in catalogue.stories}) == len(catalogue.stories)
    for story in catalogue.stories:
        assert story.product in ids
        assert story.what
        assert story.good or story.volume
        for curve in (story.good, story.volume):
            minutes = [minute for minute, _ in curve]
            assert minutes == sorted(set(minutes))
            assert all(0 <= minute <= CYCLE_MINUTES for minute in minutes)


def test_every_tenant_has_a_fall_a_recovery_a_slow_decline_and_a_burst(catalogue: Catalogue) -> None:
    shapes = set()
    for story in catalogue.stories:
        steps = list(zip(story.good, story.good[1:], strict=False))
        if any(before - after > 0.4 and until - since < 2 for (since, before), (until, after) in steps):
            shapes.add("fall")
        if any(before - after > 0.4 and until - since > 10 for (since, before), (until, after) in steps):
            shapes.add("decline")
        if story.good and story.good[0][1] < 0.3 and max(share for _, share in story.good) > 0.85:
            shapes.add("recovery")
        if max((factor for _, factor in story.volume), default=1) >= 3:
            shapes.add("burst")
    assert shapes == {"fall", "decline", "recovery", "burst"}
