"""One example of each problem of the catalogue for the OpenAPI document, made by the code that answers with it."""

from typing import Final

from api.http.problems import (
    BAD_CURSOR,
    FORBIDDEN,
    NO_LONGER_KEPT,
    NOT_FOUND,
    RANGE_TOO_LONG,
    TIMEOUT,
    TOO_LARGE,
    UNAUTHORIZED,
    Problem,
    invalid,
    store_unavailable,
    too_many_requests,
)

EXAMPLES: Final = {
    problem.kind: problem
    for problem in (
        Problem(UNAUTHORIZED, "Send a key as X-API-Key or as a bearer token."),
        Problem(FORBIDDEN, "This key opens another tenant than the path names."),
        Problem(NOT_FOUND, "This tenant has no review of such a product."),
        Problem(
            NO_LONGER_KEPT,
            "Minutes are kept for 48 hours after reviews were counted, and this window lacks some: "
            "ask for window 24h, 7d or 30d, which are made of hours and days.",
        ),
        Problem(TIMEOUT, "The body did not arrive within 30 s."),
        Problem(
            TOO_LARGE, "At most 5,242,880 bytes are taken at once; send fewer reviews a request.", allowed=5_242_880
        ),
        invalid("limit", "expected 1 or more"),
        Problem(BAD_CURSOR, "Take `next_cursor` of the page before as it is, or none for the first."),
        Problem(
            RANGE_TOO_LONG,
            "2,880 buckets of 1m from `from` to `to`; at most 2,000 are answered at once: "
            "shorten the range or take a longer step.",
            allowed=2_000,
        ),
        too_many_requests(500, 1_000, 1.0),
        store_unavailable(),
    )
}
"""Kind to an example of it."""
