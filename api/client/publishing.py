"""Reviews to the API: in requests of the size that it takes, each review with an id by which it counts once."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final, NotRequired, Required, TypedDict, cast
from uuid import uuid4

from api.client.call import Asker, Call, Flow, Instant
from api.client.errors import AuraError
from api.shapes import Accepted

MAX_REVIEWS: Final = 1_000
"""Reviews that the API takes in one request."""

MAX_BYTES: Final = 4 * 1024 * 1024
"""Of a request's body. The API takes 5 MiB."""

_PATH: Final = "/v1/tenants/{tenant}/reviews"


class NewReview(TypedDict, total=False):
    """A review to be published.

    Without ``event_id`` the client makes one; without ``occurred_at`` it is of the moment in which it arrives.
    """

    product_id: Required[str]
    text: Required[str]
    event_id: NotRequired[str]
    occurred_at: NotRequired[Instant]
    title: NotRequired[str | None]
    rating: NotRequired[int | None]
    product_name: NotRequired[str | None]
    brand: NotRequired[str | None]
    categories: NotRequired[Sequence[str] | None]
    language: NotRequired[str | None]
    source: NotRequired[str | None]


def publish(reviews: NewReview | Iterable[NewReview]) -> "Publishing":
    """Publish one review, or any number of them.

    Returns once Kafka has acknowledged all, a thousand a request. A request without an answer, or with a 503, is
    repeated with the same event ids, so that each review counts once (as long as the tenant's ``duplicate_seconds`` are
    longer than the client's patience).

    Raises:
        AuraError: ``accepted`` says how many were acknowledged, ``unpublished`` has the others. Of those in its first
            request some may have arrived all the same; their event ids make a second publish of them harmless.
    """
    if isinstance(reviews, Mapping):
        return Publishing([cast(NewReview, reviews)])
    return Publishing(reviews)


@dataclass(frozen=True, slots=True)
class Publishing:
    """Reviews on their way."""

    reviews: Iterable[NewReview]

    def flow(self, asker: Asker) -> Flow[Accepted]:
        """Send them, a request after another."""
        event_ids: list[str] = []
        rest = _Rest(self.reviews)
        while True:
            portion, content = _portion(rest)
            if not portion:
                return Accepted(accepted=len(event_ids), event_ids=event_ids)
            try:
                answer = yield from asker.answer(Call("POST", _PATH, Accepted, content=content))
            except AuraError as error:
                error.accepted = len(event_ids)
                error.unpublished = chain(portion, rest)
                raise
            event_ids += answer.event_ids


class _Rest(Iterator[NewReview]):
    """What is yet to be sent, each with its event id."""

    def __init__(self, reviews: Iterable[NewReview]) -> None:
        self._reviews = iter(reviews)
        self._held: NewReview | None = None

    def __next__(self) -> NewReview:
        held, self._held = self._held, None
        return held if held is not None else {"event_id": str(uuid4()), **next(self._reviews)}

    def put_back(self, review: NewReview) -> None:
        """Give ``review``, the last one taken, once more."""
        self._held = review


def _portion(rest: _Rest) -> tuple[list[NewReview], bytes]:
    """As many reviews as fit into one request, and its body."""
    portion: list[NewReview] = []
    parts: list[bytes] = []
    size = 2
    for review in rest:
        part = _encoded(review)
        size += len(part) + 1
        if portion and size > MAX_BYTES:
            rest.put_back(review)
            break
        portion.append(review)
        parts.append(part)
        if len(portion) == MAX_REVIEWS:
            break
    return portion, b"[" + b",".join(parts) + b"]"


def _encoded(review: NewReview) -> bytes:
    # What JSON or the contract does not allow goes out as it is: the API names the review and says why.
    return json.dumps(review, ensure_ascii=False, default=_plain).encode(errors="surrogatepass")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"expected JSON values and datetimes in a review; got {type(value).__name__}")
