"""Answers that a client has already: 304 in place of the body (RFC 9110, 13).

Whoever polls gets the same numbers again and again: a dashboard that asks every two seconds for a list of 50 products
with their trends is sent 60 KB each time. With the tag of its copy in ``If-None-Match`` it is sent a few headers, and
need not parse and draw again what it shows. What is not saved is the read: that is shared by all who ask within a
second, or costs Redis a fraction of a millisecond.

The tag is a hash of the answer, with ``at_ms`` cut to the minute: the windows of a minute are those of its every
millisecond, so copies differ in nothing but in when they were asked for. That is the very case for a weak tag ("may be
used when semantically equivalent", 8.8.1). A kept copy's ``at_ms`` is less than a minute old, and its numbers are those
of now.
"""

import hashlib
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stream.measures import MINUTE_MS

_AT_MS: Final = re.compile(rb'"at_ms":(\d+)')
"""Inside of texts every quotation mark has a backslash before it, so this is only ever a member."""

_TAGS: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_DIGEST_BYTES: Final = 16

HEADERS: Final = {
    # Kept by the client alone, and asked for again each time: a key can be revoked at any moment.
    "Cache-Control": "private, no-cache",
    "Vary": "X-API-Key, Authorization",
}

_OF_A_BODY: Final = ("content-length", "content-type")


def tag(body: bytes) -> str:
    """The weak entity tag of a JSON answer."""
    cut = _AT_MS.sub(lambda found: b'"at_ms":%d' % (int(found[1]) // MINUTE_MS), body)
    return f'W/"{hashlib.blake2b(cut, digest_size=_DIGEST_BYTES).hexdigest()}"'


def matches(if_none_match: str, found: str) -> bool:
    """Whether a header names ``found``: in a list of tags, strong or weak, or with ``*`` (RFC 9110, 13.1.2)."""
    return if_none_match.strip() == "*" or found.removeprefix("W/") in _TAGS.findall(if_none_match)


class Conditional:
    """Gives every JSON answer to a GET under ``/v1/`` a tag, and sends those that the client has as 304.

    Files, streams and whatever is not sent in one piece pass.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        held: Message | None = None

        async def tagged(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_json(message):
                held = message
                return
            if held is not None:
                start, held = held, None
                if not message.get("more_body"):
                    message = _conditional(start, message, ", ".join(Headers(scope=scope).getlist("if-none-match")))
                await send(start)
            await send(message)

        await self._app(scope, receive, tagged)


def _is_json(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type") == "application/json"


def _conditional(start: Message, end: Message, asked: str) -> Message:
    """Puts the tag into ``start``; returns ``end``, without its body where the client has it."""
    headers = MutableHeaders(scope=start)
    headers["ETag"] = found = tag(end.get("body", b""))
    headers.update(HEADERS)
    if not matches(asked, found):
        return end
    start["status"] = 304
    for name in _OF_A_BODY:
        del headers[name]
    return {**end, "body": b""}
