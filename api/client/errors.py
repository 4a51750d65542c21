"""What can go wrong for a client.

::

    AuraError
    ├── Unreachable          no answer: nobody listens, the name is unknown, the connection broke
    │   └── TimedOut         no answer in time
    ├── Unintelligible       an answer that is not Aura's, or of a later Aura
    └── ApiProblem           an answer other than success (RFC 9457)
        ├── Unauthorized     401, no valid key
        ├── Forbidden        403, another tenant's, or a key of too small a role
        ├── NotFound         404
        ├── TooLarge         413
        ├── InvalidRequest   422, ``errors`` names each field
        ├── TooManyRequests  429
        ├── ServerFault      500
        └── Unavailable      502, 503, 504
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, ClassVar, Final

import httpx
from pydantic import ValidationError

from api.shapes import FieldError, Missing, ProblemBody

if TYPE_CHECKING:
    from api.client.publishing import NewReview

_SHOWN_ERRORS: Final = 3


class AuraError(Exception):
    """Whatever keeps a call from its answer.

    Attributes:
        accepted: of a publish: how many reviews were acknowledged before it failed.
        unpublished: of a publish: all the others, with their event ids. Publish these, and none counts twice.
    """

    passing: ClassVar[bool] = False
    """Whether the same request may succeed later."""

    retry_after: float | None = None
    """Seconds after which it is worth asking again, where the answer says so."""

    accepted: int = 0
    unpublished: "Iterable[NewReview]" = ()


class Unreachable(AuraError):
    """No answer came."""

    passing = True


class TimedOut(Unreachable):
    """No answer came in time."""


class Unintelligible(AuraError):
    """The answer is none that this client knows."""


class ApiProblem(AuraError):
    """An answer other than success.

    Attributes:
        status: of HTTP.
        type: URI of the kind of problem, such as ``urn:aura:problem:not-found``.
        title: the kind in words.
        detail: one sentence on this occurrence.
        errors: what is wrong with the request, field by field.
        missing: the parts that ``ready`` misses.
        event_ids: of reviews that were not acknowledged.
        retry_after: seconds.
    """

    def __init__(self, problem: ProblemBody, retry_after: float | None = None) -> None:
        super().__init__(_sentence(problem))
        self.status = problem.status
        self.type = problem.type
        self.title = problem.title
        self.detail = problem.detail
        self.errors: Sequence[FieldError] = problem.errors or ()
        self.missing: Sequence[Missing] = problem.missing or ()
        self.event_ids: Sequence[str] = problem.event_ids or ()
        self.retry_after = retry_after


class Unauthorized(ApiProblem):
    """No key, or one that is unknown or has expired."""


class Forbidden(ApiProblem):
    """The key does not open this."""


class NotFound(ApiProblem):
    """There is no such thing."""


class TooLarge(ApiProblem):
    """The request has more bytes than the API takes."""


class InvalidRequest(ApiProblem):
    """Something in the request is not allowed."""


class TooManyRequests(ApiProblem):
    """The key asks more often than it may, or its tenant has too many streams open."""

    passing = True


class ServerFault(ApiProblem):
    """Something went wrong on the server's side."""


class Unavailable(ApiProblem):
    """A part that the answer needs is away, or so is Aura behind its proxy."""

    passing = True


_BY_STATUS: Final[Mapping[int, type[ApiProblem]]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    413: TooLarge,
    422: InvalidRequest,
    429: TooManyRequests,
    500: ServerFault,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def problem_of(response: httpx.Response) -> ApiProblem:
    """The error that an answer other than success stands for. Its body has been read."""
    kind = _BY_STATUS.get(response.status_code, ApiProblem)
    try:
        body = ProblemBody.model_validate_json(response.content)
    except ValidationError:
        body = _foreign(response)
    return kind(body, _retry_after(response))


def unreachable(error: httpx.HTTPError, address: str) -> Unreachable:
    """The error that a failed connection to ``address`` stands for."""
    said = f": {error}" if str(error) else ""
    match error:
        case httpx.ConnectTimeout():
            return TimedOut(f"{address} took no connection in time; is the address right, and Aura running there?")
        case httpx.TimeoutException():
            return TimedOut(f"{address} gave no answer in time{said}")
        case httpx.ConnectError():
            return Unreachable(f"no connection to {address}{said}; is the address right, and Aura running there?")
    return Unreachable(f"the connection to {address} broke{said}")


def _foreign(response: httpx.Response) -> ProblemBody:
    """What a proxy, or another server altogether, said."""
    kind = response.headers.get("Content-Type", "nothing")
    detail = (
        f"answered with {kind}, which is no problem of Aura's; is {response.url.copy_with(query=None)} its address?"
    )
    if response.has_redirect_location:
        detail = f"redirected to {response.headers['Location']}; give the client that address"
    title = response.reason_phrase or "No success"
    return ProblemBody(
        type="about:blank", title=title, status=response.status_code, detail=detail, instance=response.url.path
    )


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds; RFC 9110 has them as a number or as a date."""
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _sentence(problem: ProblemBody) -> str:
    errors = problem.errors or []
    places = [
        f"{'' if one.index is None else f'review {one.index}, '}{one.field or 'the whole'}: {one.reason}"
        for one in errors[:_SHOWN_ERRORS]
    ]
    more = [f"and {len(errors) - _SHOWN_ERRORS} more"] if len(errors) > _SHOWN_ERRORS else []
    listed = f" [{'; '.join(places + more)}]" if errors else ""
    return f"{problem.title} ({problem.status}): {problem.detail}{listed}"
