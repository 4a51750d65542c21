"""Reading a request's body. Routes read it themselves, after the key was found right: FastAPI reads it before."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from api.access.held import Held
from api.http.problems import TIMEOUT, Problem, invalid, invalid_fields, unavailable
from api.http.values import MAX_MARKS, few, plainly_few

_Model = TypeVar("_Model", bound=BaseModel)

MAX_BYTES: Final = 64 * 1024 * 1024
"""Bodies of a tenant that a process holds at a time: twelve of the largest, or thousands of single reviews. Without it
a key that may ask 1,000 times at once could send 5 GB, and take 30 s for it."""

RETRY_SECONDS: Final = 2


class Room:
    """What one request's body takes of its tenant's room, until it is closed."""

    def __init__(self, held: Held, tenant_id: str) -> None:
        """``held``: bytes of the bodies of all tenants."""
        self._held = held
        self._tenant_id = tenant_id
        self._size = 0
        self._give_back: Callable[[], None] | None = None

    def take(self, size: int) -> None:
        """Hold ``size`` bytes more.

        Raises:
            Problem: the tenant holds too much.
        """
        if self._held.of(self._tenant_id) + size > MAX_BYTES:
            raise unavailable(f"{MAX_BYTES:,} bytes of this tenant are on their way, as many as may be.", RETRY_SECONDS)
        self.close()
        self._size += size
        self._give_back = self._held.take(self._tenant_id, self._size)

    def close(self) -> None:
        """Give all of it back."""
        if self._give_back is not None:
            self._give_back()
            self._give_back = None


async def read_json(request: Request, room: Room, seconds: float) -> Any:
    """The body as plain JSON values, if it arrives within ``seconds`` and there is room for it.

    Raises:
        Problem: it is not JSON, has too many values, or is too slow; or there is no room just now.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                room.take(len(part))
                body += part
    except TimeoutError:
        raise Problem(TIMEOUT, f"The body did not arrive within {seconds:g} s.") from None
    except ClientDisconnect:
        raise Problem(TIMEOUT, "The client went away before its body arrived.") from None
    if not plainly_few(body) and not await asyncio.to_thread(few, body):
        raise invalid("body", f"expected at most {MAX_MARKS:,} commas and opening brackets outside texts")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid("body", "expected JSON in UTF-8") from None


def checked(body: Any, model: type[_Model]) -> _Model:
    """``body`` as a ``model``.

    Raises:
        Problem: naming every field that is not valid.
    """
    if not isinstance(body, dict):
        raise invalid("body", "expected an object")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid_fields(error.errors(include_input=False, include_url=False)) from None
