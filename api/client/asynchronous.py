"""The client whose answers are awaited."""

from types import TracebackType
from typing import Self

import httpx

from api.client.catalogue import Catalogue
from api.client.retries import Retries
from api.client.running import AsyncRunner, Awaited
from api.client.session import ANSWER_SECONDS, Session, checked_url, default_headers


class AsyncAura(Catalogue, Awaited):
    """Aura's API with one key. An asynchronous context manager, for one event loop.

    Args:
        url: of the API, such as ``http://127.0.0.1:8000``.
        key: an API key of the tenant.
        tenant: the tenant's id; without it the API is asked what the key opens, once.
        timeout: seconds for a connection, and for each wait for a piece of an answer.
        retries: how long to go on asking when there is no answer, or one that says: later.

    Raises:
        ValueError: ``url`` or ``key`` cannot be one.
        AuraError: from every method; :mod:`api.client.errors` has the tree.
    """

    def __init__(
        self,
        url: str,
        key: str,
        tenant: str | None = None,
        *,
        timeout: float = ANSWER_SECONDS,
        retries: Retries = Retries(),  # noqa: B008 - frozen
    ) -> None:
        self._http = httpx.AsyncClient(base_url=checked_url(url), headers=default_headers(key), timeout=timeout)
        self._runner = AsyncRunner(self._http, Session(self._http.build_request, tenant, retries))

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncAura({str(self._http.base_url)!r}, tenant={self._runner.session.tenant!r})"
