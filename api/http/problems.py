"""Errors as problem details (RFC 9457), all of one shape and none with our insides in it.

The catalogue below is the whole list of what the API answers besides success.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.http.sentences import sentence
from stream.store.state import StoreUnavailable

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:aura:problem:"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: the end of its type URI, its status and its title, which never change."""

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """What ``type`` says."""
        return TYPE_PREFIX + self.name


UNAUTHORIZED: Final = ProblemType("unauthorized", 401, "A valid key is needed")
FORBIDDEN: Final = ProblemType("forbidden", 403, "The key does not open this")
NOT_FOUND: Final = ProblemType("not-found", 404, "Not found")
METHOD_NOT_ALLOWED: Final = ProblemType("method-not-allowed", 405, "Method not allowed")
TIMEOUT: Final = ProblemType("timeout", 408, "The request took too long to arrive")
NO_LONGER_KEPT: Final = ProblemType("no-longer-kept", 410, "No longer kept")
TOO_LARGE: Final = ProblemType("too-large", 413, "The request is too large")
VALIDATION: Final = ProblemType("validation", 422, "The request is not valid")
BAD_CURSOR: Final = ProblemType("bad-cursor", 422, "The cursor does not fit")
RANGE_TOO_LONG: Final = ProblemType("range-too-long", 422, "The range has too many buckets")
TOO_MANY_REQUESTS: Final = ProblemType("too-many-requests", 429, "Too many requests")
INTERNAL: Final = ProblemType("internal", 500, "Something went wrong on our side")
UNAVAILABLE: Final = ProblemType("unavailable", 503, "A part that this needs is away")

_BY_STATUS: Final = {kind.status: kind for kind in (NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE)}

_PLACES: Final = ("query", "path", "header", "cookie", "body")

STORE_RETRY_SECONDS: Final = 1
"""Redis restarts, or fails over, within a second or two."""

STREAM_RETRY_SECONDS: Final = 10
"""Streams end when somebody leaves the page; nobody knows when."""


class Problem(Exception):
    """An answer other than success.

    Attributes:
        kind: which problem of the catalogue.
        detail: one sentence on this occurrence.
        headers: further response headers.
        extra: further members of the body.
    """

    def __init__(
        self, kind: ProblemType, detail: str, *, headers: Mapping[str, str] | None = None, **extra: object
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    def body(self, instance: str) -> dict[str, object]:
        """The problem object; ``instance`` is the path asked for."""
        kind = self.kind
        return {
            "type": kind.uri,
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "instance": instance,
            **self.extra,
        }

    def response(self, instance: str) -> Response:
        """The HTTP answer."""
        content = msgspec.json.encode(self.body(instance))
        return Response(content, self.kind.status, self.headers, media_type=MEDIA_TYPE)


def invalid(field: str, reason: str) -> Problem:
    """A request in which one thing is wrong."""
    return Problem(VALIDATION, f"{field}: {reason}", errors=[{"field": field, "reason": reason}])


def invalid_fields(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """A request in which pydantic found ``errors``; their input is left out: it may be somebody's review."""
    entries = [{"field": _field(error["loc"]), "reason": sentence(error)} for error in errors]
    return Problem(VALIDATION, f"{entries[0]['field']}: {entries[0]['reason']}", errors=entries)


def unavailable(detail: str, retry_after: float, **extra: object) -> Problem:
    """A server that this API needs does not answer; try again in ``retry_after`` seconds."""
    return Problem(UNAVAILABLE, detail, headers={"Retry-After": str(max(1, round(retry_after)))}, **extra)


def too_many_requests(per_second: int, burst: int, seconds: float) -> Problem:
    """A key that asked more often than it may; it may again in ``seconds``."""
    wait = max(1, math.ceil(seconds))
    return Problem(
        TOO_MANY_REQUESTS,
        f"This key may ask {per_second:,} times a second, and {burst:,} times at once; ask again in {wait} s.",
        headers={"Retry-After": str(wait)},
    )


def too_many_streams(limit: int) -> Problem:
    """A tenant that has as many live streams open as it may."""
    return Problem(
        TOO_MANY_REQUESTS,
        f"{limit:,} live streams of this tenant are open, which is its limit; close one.",
        headers={"Retry-After": str(STREAM_RETRY_SECONDS)},
    )


def store_unavailable() -> Problem:
    """Redis does not answer."""
    return unavailable("The store does not answer just now.", STORE_RETRY_SECONDS)


def add_handlers(app: FastAPI) -> None:
    """Make every expected error of ``app`` a problem; the unforeseen ones are :class:`api.http.guard.Guard`'s."""

    def problem(request: Request, error: Exception) -> Response:
        return _translate(error).response(request.url.path)

    for kind in (Problem, HTTPException, RequestValidationError, StoreUnavailable):
        app.add_exception_handler(kind, problem)


def _translate(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case StoreUnavailable():
            return store_unavailable()
        case RequestValidationError():
            return invalid_fields(error.errors())
        case HTTPException():
            return _of_status(error)
    raise error


def _field(place: Sequence[str | int]) -> str:
    """``limit`` of a query, ``reviews.3.text`` of a body."""
    path = place[1:] if place and place[0] in _PLACES else place
    return ".".join(str(part) for part in path)


def _of_status(error: HTTPException) -> Problem:
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        phrase = HTTPStatus(error.status_code).phrase
        kind = ProblemType(phrase.lower().replace(" ", "-"), error.status_code, phrase)
    detail = {
        404: "There is nothing at this path.",
        405: "This path does not take that method; the Allow header says which.",
    }.get(error.status_code, kind.title)
    return Problem(kind, detail, headers=error.headers)
