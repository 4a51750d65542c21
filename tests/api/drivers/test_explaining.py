"""Words are left out one by one, and what that does is what the classifier says."""

import asyncio
from math import log
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.classifiers.loading import MAX_EXPLAINING
from api.drivers.occlusion import effects, occluded, without, words_of
from api.drivers.occlusion_shapes import MAX_TEXT_CHARS, MAX_WORDS
from models.classifier import Review, load
from tests.api.filling import House

PATH = "/v1/tenants/shop/explain"
TEXT = "Terrible: it stopped working, though it’s a great-looking lamp."


async def ask(http: httpx.AsyncClient, house: House, body: Any, role: Any = "read") -> httpx.Response:
    return await http.post(PATH, json=body, headers=house.headers("shop", role))


def test_words_are_what_is_left_out() -> None:
    review = Review(TEXT, "Bad lamp")
    words = words_of(review, titles=True)
    shown = [(review.title if w.place == "title" else review.text or "")[w.start : w.end] for w in words]  # type: ignore[index]
    assert shown == [
        "Bad", "lamp", "Terrible", "it", "stopped", "working", "though", "it’s", "a", "great-looking", "lamp"
    ]  # fmt: skip
    assert without(review, words[0]) == Review(TEXT, " lamp")
    assert without(review, words[2]).text.startswith(": it stopped")
    assert [word.place for word in words_of(review, titles=False)] == ["text"] * 9
    assert words_of(Review("?!"), titles=True) == []


@given(st.text(max_size=200), st.none() | st.text(max_size=30))
def test_each_word_is_left_out_alone(text: str, title: str | None) -> None:
    review = Review(text, title)
    words = words_of(review, titles=True)
    asked = occluded(review, words)
    assert asked[0] == review
    for word, other in zip(words, asked[1:], strict=True):
        lost = len(text) + len(title or "") - len(other.text) - len(other.title or "")
        assert lost == word.end - word.start > 0
        assert (other.text == text) == (word.place == "title")


def test_effects_are_differences_of_log_odds_and_stay_finite() -> None:
    assert effects([0.8, 0.5, 0.8]) == pytest.approx([log(4), 0.0])
    (least,) = effects([0.0, 1.0])
    assert -40 < least < -30


async def test_the_answer_is_that_of_the_tenants_classifier(http: httpx.AsyncClient, house: House) -> None:
    answer = await ask(http, house, {"text": TEXT, "title": "Do not buy"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["method"], body["reads_title"], body["label"], body["words_in_all"]) == ("occlusion", True, "bad", 12)
    classifier = load("products")
    column = classifier.manifest.labels.index("good")
    assert body["p_good"] == pytest.approx(classifier.predict([Review(TEXT, "Do not buy")])[0, column], abs=2e-6)
    for found in body["words"]:
        part = {"text": TEXT, "title": "Do not buy"}
        part[found["place"]] = part[found["place"]][: found["start"]] + part[found["place"]][found["end"] :]
        p, q = classifier.predict([Review(TEXT, "Do not buy"), Review(**part)])[:, column].astype(np.float64)
        assert found["effect"] == pytest.approx(log(p / (1 - p)) - log(q / (1 - q)), abs=1e-2)
    of = {found["word"]: found["effect"] for found in body["words"]}
    assert max(of["Terrible"], of["not"]) < 0 < of["great-looking"]


async def test_of_a_long_review_the_first_words_are_explained(http: httpx.AsyncClient, house: House) -> None:
    text = "lamp " * 900
    body = (await ask(http, house, {"text": text})).json()
    assert (len(body["words"]), body["words_in_all"]) == (MAX_WORDS, 900)
    assert all(text[one["start"] : one["end"]] == "lamp" for one in body["words"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ([], "body"),
        ({"text": ""}, "text"),
        ({"text": "x" * (MAX_TEXT_CHARS + 1)}, "text"),
        ({"text": "x", "title": "x" * 1_001}, "title"),
    ],
)
async def test_what_cannot_be_explained_is_named(http: httpx.AsyncClient, house: House, body: Any, field: str) -> None:
    answer = await ask(http, house, body)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


async def test_explanations_do_not_queue_without_end(http: httpx.AsyncClient, house: House) -> None:
    answers = await asyncio.gather(*(ask(http, house, {"text": TEXT}) for _ in range(MAX_EXPLAINING + 3)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * MAX_EXPLAINING + [503] * 3
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)
    assert (await ask(http, house, {"text": TEXT})).status_code == 200
