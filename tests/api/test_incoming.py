"""Reviews as clients post them."""

from typing import Any
from uuid import UUID

import pytest

from api.http.problems import Problem
from api.incoming import MAX_ERRORS, MAX_REVIEWS, events

NOW = 1_716_206_400_000
REVIEW: dict[str, Any] = {"product_id": "LAMP-7", "text": "Stopped working after a week."}


def refused(body: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        events(body, "shop", NOW)
    return caught.value


def test_a_review_is_completed_with_what_the_request_says() -> None:
    (event,) = events(REVIEW, "shop", NOW)
    assert (event.tenant, event.product_id, event.occurred_ms) == ("shop", "LAMP-7", NOW)
    assert UUID(event.event_id).version == 4


def test_what_a_review_says_itself_stays() -> None:
    given = {
        **REVIEW, "event_id": "e1", "tenant": "shop", "occurred_at": "2024-05-20T11:00:00+02:00", "rating": 2,
        "title": "Broken", "product_name": "Desk lamp", "brand": "Lumen", "categories": ["Home"], "language": "en",
        "source": "web", "colour": "red",
    }  # fmt: skip
    (event,) = events([given], "shop", NOW)
    assert (event.event_id, event.occurred_ms, event.rating) == ("e1", NOW - 3 * 3_600_000, 2)
    assert (event.title, event.categories, event.source) == ("Broken", ("Home",), "web")


def test_each_invalid_review_is_named_with_its_place_field_and_reason() -> None:
    problem = refused([REVIEW, {**REVIEW, "rating": 6}, {"text": "x"}, "x", {**REVIEW, "tenant": "bank"}, None])
    errors = problem.extra["errors"]
    assert isinstance(errors, list)
    assert [(error["index"], error["field"]) for error in errors] == [
        (1, "rating"), (2, "product_id"), (3, ""), (4, "tenant"), (5, ""),
    ]  # fmt: skip
    assert problem.detail == "5 of 6 reviews are not valid; none was published."


def test_a_review_from_the_future_is_refused() -> None:
    problem = refused({**REVIEW, "occurred_at": NOW + 3_600_000})
    assert problem.extra["errors"] == [
        {"index": 0, "field": "occurred_at", "reason": "3600 s ahead of the log; at most 600 s"}
    ]


@pytest.mark.parametrize("body", [[], [REVIEW] * (MAX_REVIEWS + 1)])
def test_there_must_be_a_review_and_not_too_many(body: list[Any]) -> None:
    assert refused(body).detail.startswith("body: expected 1 to 1,000 reviews, got ")


@pytest.mark.parametrize("body", ["x", 3, None, True])
def test_a_body_of_another_shape_is_refused(body: Any) -> None:
    assert refused(body).detail == "1 of 1 reviews are not valid; none was published."


def test_as_many_as_allowed_are_taken_in_order() -> None:
    found = events([{**REVIEW, "event_id": str(i)} for i in range(MAX_REVIEWS)], "shop", NOW)
    assert [event.event_id for event in found] == [str(i) for i in range(MAX_REVIEWS)]


def test_a_long_list_of_errors_is_cut_and_counted() -> None:
    problem = refused([{}] * 500)
    errors = problem.extra["errors"]
    assert isinstance(errors, list)
    assert (len(errors), problem.extra["invalid"]) == (MAX_ERRORS, 500)


def test_an_error_never_repeats_the_review() -> None:
    text = "A text that nobody else may read"
    problem = refused([{**REVIEW, "text": [text]}, {**REVIEW, "title": text * 100}, text, {**REVIEW, "tenant": text}])
    assert text not in str(problem.body("/"))
