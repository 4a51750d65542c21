"""Reading a request's body. Routes read it themselves, after the key was found right: FastAPI reads it before."""

import asyncio
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from api.problems import TIMEOUT, Problem, invalid, invalid_fields

_Model = TypeVar("_Model", bound=BaseModel)


async def read_json(request: Request, seconds: float) -> Any:
    """The body as plain JSON values, if it arrives within ``seconds``.

    Raises:
        Problem: it is not JSON, or too slow.
    """
    try:
        async with asyncio.timeout(seconds):
            body = await request.body()
    except TimeoutError:
        raise Problem(TIMEOUT, f"The body did not arrive within {seconds:g} s.") from None
    except ClientDisconnect:
        raise Problem(TIMEOUT, "The client went away before its body arrived.") from None
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
