"""What both clients do for a call, but for sending and waiting."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import httpx

from api.client.call import Call, Flow, Send, Wait
from api.client.errors import AuraError, problem_of
from api.client.retries import Patience, Retries
from api.shapes import Me

T = TypeVar("T")

ME: Final = Call("GET", "/v1/me", Me)

ANSWER_SECONDS: Final = 60.0
"""The first classification after a start of the API loads a model, which takes a busy machine half a minute."""


class Session:
    """Makes requests of calls, asks again where that helps, and finds out whose key it has.

    Args:
        build: makes a request of method, path and more, as ``httpx.Client.build_request`` does.
        tenant: whose data is asked for; None asks what the key opens, once.
        retries: for passing problems.

    Attributes:
        tenant: None until it is known.
    """

    def __init__(self, build: Callable[..., httpx.Request], tenant: str | None, retries: Retries) -> None:
        self.tenant = tenant
        self.retries = retries
        self._build = build

    def answer(self, call: Call[T]) -> Flow[T]:
        """Ask, and read the answer."""
        response = yield from self.response(call)
        return call.read(response)

    def response(self, call: Call[T], *, streamed: bool = False) -> Flow[httpx.Response]:
        """Ask, and again when a problem passes."""
        patience = Patience(self.retries if call.retried else Retries(0.0))
        while True:
            try:
                return (yield from self.once(call, streamed=streamed))
            except AuraError as error:
                wait = patience.wait_after(error)
            yield Wait(wait)

    def once(
        self, call: Call[T], *, streamed: bool = False, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Flow[httpx.Response]:
        """Ask once; ``more`` goes to ``build``.

        Raises:
            AuraError: there is no answer, or no success.
        """
        tenant = ""
        if call.of_tenant:
            if self.tenant is None:
                # Once only: whoever asks again asks for this again, too, and two patiences would add up.
                self.tenant = ME.read((yield from self.once(ME))).tenant
            tenant = self.tenant
        request = self._build(
            call.method,
            call.target(tenant),
            params=call.parameters(),
            content=call.content,
            headers={
                "Accept": call.accept,
                **({} if call.content is None else {"Content-Type": "application/json"}),
                **(headers or {}),
            },
            **more,
        )
        response: httpx.Response = yield Send(request, streamed)
        if not response.is_success:
            raise problem_of(response)
        return response


def default_headers(key: str) -> dict[str, str]:
    """What every request carries.

    Raises:
        ValueError: ``key`` cannot be one.
    """
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("expected a key as `aura keys create` shows it: ASCII without blanks; got something else")
    return {"X-API-Key": key, "User-Agent": "aura-client"}


def checked_url(url: str) -> httpx.URL:
    """``url``, if it can be that of an API.

    Raises:
        ValueError: it has no host, or is of another scheme than http.
    """
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"expected the address of the API, such as http://127.0.0.1:8000; got {url!r}")
    return parsed
