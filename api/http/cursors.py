"""Where a page of a list ended, as a client hands it back: a struct in JSON in base64, of which it makes nothing."""

import base64
import binascii
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from api.http.problems import BAD_CURSOR, Problem

MAX_CURSOR_CHARS: Final = 1_000
"""Product ids have at most 128 characters, of at most 4 bytes, a third longer in base64: 700."""

_Shape = TypeVar("_Shape", bound=Struct)


def encode(cursor: Struct) -> str:
    """As handed to the client, fit for a URL."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode(text: str, shape: type[_Shape]) -> _Shape:
    """The cursor that a client hands back.

    Raises:
        Problem: it is not one of ours.
    """
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(content, type=shape)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise Problem(BAD_CURSOR, "Take `next_cursor` of the page before as it is, or none for the first.") from None


def another(asked: str) -> Problem:
    """What a cursor that goes on with something else is answered; ``asked`` says what with."""
    return Problem(BAD_CURSOR, f"This cursor goes on with {asked}; ask for the same, or begin without a cursor.")
