"""POST classify with the shipped artefact, and without one."""

from typing import Any

import httpx
import numpy as np
import pytest

from models.classifier import Review, load
from tests.api.filling import House

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
    classifier = load("product-cnn-lstm")
    expected = classifier.predict([Review(review["text"], review.get("title")) for review in REVIEWS])
    body = answer.json()
    assert body["model"] == {"name": "product-cnn-lstm", "version": classifier.manifest.version}
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
