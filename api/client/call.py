"""One request of the API, as a value: nothing is sent here, so that both clients send the same."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, Final, Generic, Literal, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from api.client.errors import Unintelligible

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Instant = datetime | int | str
"""A time: a ``datetime`` with a zone, milliseconds since 1970-01-01 UTC, or RFC 3339."""

QueryValue = str | float | bool | Sequence[str] | None

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Send:
    """Ask whoever runs a :data:`Flow` to send this; the answer's body is read before it is handed back, but for a
    success that is ``streamed``."""

    request: httpx.Request
    streamed: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask whoever runs a :data:`Flow` to let so many seconds pass."""

    seconds: float


Flow = Generator[Send | Wait, Any, T]
"""What a client does for one call, with sending and waiting left to whoever runs it. :class:`Send` is answered with a
``httpx.Response``, or an :class:`~api.client.errors.Unreachable` is thrown in."""


class Asker(Protocol):
    """What calls are put to."""

    def answer(self, call: "Call[T]") -> Flow[T]:
        """Ask, again where that helps, and read the answer."""


class Work(Protocol[T_co]):
    """What a client can be asked to do."""

    def flow(self, asker: Asker) -> Generator[Send | Wait, Any, T_co]:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request.

    Attributes:
        method: of HTTP.
        path: as the OpenAPI document has it, its parameters in braces.
        shape: what the answer is.
        places: the path's parameters, but for ``tenant``.
        query: name to value; None is left out, a sequence is repeated.
        content: the body, JSON.
        accept: the media type wanted.
        retried: whether a passing problem is waited out. Nothing here does harm when it is sent twice.
    """

    method: Literal["GET", "POST"]
    path: str
    shape: type[T]
    places: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, QueryValue] = field(default_factory=dict)
    content: bytes | None = None
    accept: str = JSON
    retried: bool = True

    @property
    def of_tenant(self) -> bool:
        """Whether the path names the tenant."""
        return "{tenant}" in self.path

    def asking(self, **query: QueryValue) -> Self:
        """The same with more in its query."""
        return replace(self, query={**self.query, **query})

    def target(self, tenant: str) -> str:
        """The path with everything filled in."""
        return self.path.format_map(
            {name: _segment(value) for name, value in {**self.places, "tenant": tenant}.items()}
        )

    def parameters(self) -> httpx.QueryParams:
        """The query on the wire."""
        pairs: list[tuple[str, str]] = []
        for name, value in self.query.items():
            several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            pairs.extend((name, _written(one)) for one in several if one is not None)
        return httpx.QueryParams(tuple(pairs))

    def read(self, response: httpx.Response) -> T:
        """The answer in its shape.

        Raises:
            Unintelligible: it has another.
        """
        try:
            adapter: TypeAdapter[T] = TypeAdapter(self.shape)
            return (
                adapter.validate_python(response.text) if self.shape is str else adapter.validate_json(response.content)
            )
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the whole"
            raise Unintelligible(
                f"{self.method} {self.path} was answered with what is no {self.shape.__name__} ({place}: "
                f"{first['msg']}); is that Aura's address, and the client as new as the server?"
            ) from None

    def flow(self, asker: Asker) -> Flow[T]:
        """Ask, and read the answer."""
        return asker.answer(self)


def instant(value: Instant | None) -> str | None:
    """``value`` as a query has it.

    Raises:
        ValueError: a ``datetime`` without a zone.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"expected a datetime with a zone, such as datetime.now(UTC); got {value!r}")
        return value.isoformat()
    return None if value is None else str(value)


def _segment(value: str) -> str:
    """``value`` as one segment of a path; ``..`` would be taken for the way up."""
    return value.replace(".", "%2E") if value in (".", "..") else quote(value, safe="")


@cache
def _adapter(shape: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(shape)


def _written(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
