"""POST classify with the shipped artefact, and without one."""

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from models.classifier import Review, load
from tests.api.filling import House
from tests.models.stars import stars_artefact

__all__ = ["stars_artefact"]

PATH = "/v1/tenants/shop/classify"
REVIEWS: list[dict[str, Any]] = [
    {"text": "Great tablet, my kids love it and the battery lasts for days. Highly recommend!"},
    {"text": "Terrible. It stopped working after a week and nobody answers. Waste of money.", "title": "Do not buy"},
]


async def post(http: httpx.AsyncClient, house: House, body: Any) -> httpx.Response:
    return await http.post(PATH, json=body, headers=house.headers("shop", "write"))


async def test_the_answer_is_the_classifiers_own(http: httpx.AsyncClient, house: House) -> None:
    answer = await post(http, house, {"reviews": REVIEWS})
    assert answer.status_code == 200, answer.text
    classifier = load("products")
    expected = classifier.predict([Review(review["text"], review.get("title")) for review in REVIEWS])
    body = answer.json()
    assert body["model"] == {"name": "products", "version": classifier.manifest.version}
    columns = [classifier.manifest.labels.index(label) for label in ("good", "bad")]
    assert np.allclose([[r["p_good"], r["p_bad"]] for r in body["reviews"]], expected[:, columns], atol=2e-6)
    praise, complaint = body["reviews"]
    assert praise["p_good"] > complaint["p_good"]
    assert [r["label"] for r in (praise, complaint)] == ["good" if p >= 0.5 else "bad" for p in expected[:, columns[0]]]
    assert "aura_api_classified_total 2.0" in (await http.get("/metrics")).text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reviews"),
        ([], "body"),
        ("x", "body"),
        ({"reviews": []}, "reviews"),
        ({"reviews": [{"text": "x"}] * 257}, "reviews"),
        ({"reviews": [{"text": "x"}, {"text": ""}]}, "reviews.1.text"),
        ({"reviews": [{"text": "x" * 20_001}]}, "reviews.0.text"),
        ({"reviews": [{"title": "x"}]}, "reviews.0.text"),
        ({"reviews": [{"text": 7}]}, "reviews.0.text"),
    ],
)
async def test_what_cannot_be_classified_is_named(http: httpx.AsyncClient, house: House, body: Any, field: str) -> None:
    answer = await post(http, house, body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_a_model_that_is_not_there_is_a_problem_of_ours(http: httpx.AsyncClient, house: House) -> None:
    house.path.write_text(house.path.read_text().replace('id = "shop"', 'id = "shop"\nmodel = "no-such"', 1))
    answer = await post(http, house, {"reviews": REVIEWS})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:aura:problem:unavailable")
    assert "no-such" not in answer.text


async def test_a_model_of_stars_answers_in_stars_and_as_good_or_bad(
    http: httpx.AsyncClient, house: House, stars_artefact: Path
) -> None:
    house.path.write_text(house.path.read_text().replace('id = "shop"', f'id = "shop"\nmodel = "{stars_artefact}"', 1))
    texts = ["This lamp works very well", "The kettle broke on the second day"]
    answer = await post(http, house, {"reviews": [{"text": text} for text in texts]})
    assert answer.status_code == 200, answer.text
    expected = load(stars_artefact).predict([Review(text) for text in texts])
    for found, shares in zip(answer.json()["reviews"], expected, strict=True):
        assert found["p_stars"] == pytest.approx(shares.tolist(), abs=2e-6)
        assert found["stars"] == int(shares.argmax()) + 1
        assert found["p_bad"] == pytest.approx(shares[:3].sum(), abs=2e-6)
        assert found["label"] == ("bad" if found["p_bad"] > 0.5 else "good")
    assert [found["label"] for found in answer.json()["reviews"]] == ["good", "bad"]


async def test_a_model_of_good_and_bad_says_nothing_of_stars(http: httpx.AsyncClient, house: House) -> None:
    (found,) = (await post(http, house, {"reviews": REVIEWS[:1]})).json()["reviews"]
    assert (found["stars"], found["p_stars"]) == (None, None)
