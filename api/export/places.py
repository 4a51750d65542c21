"""Places for exports that are being sent: a few in a process, and fewer for one tenant."""

from collections.abc import Callable
from typing import Final

from api.access.held import Held
from api.http.problems import unavailable

AT_ONCE: Final = 4
"""Exports of one process. Each of 10,000 products keeps Redis and a core busy for a second or more, and whoever looks
at the live page waits meanwhile."""

OF_A_TENANT: Final = 2
"""Of these: a client that reads slowly holds its place for minutes, which others must not wait for."""

RETRY_SECONDS: Final = 2


class Places:
    """Which tenants have exports under way."""

    def __init__(self) -> None:
        self._taken = Held()

    def take(self, tenant_id: str) -> Callable[[], None]:
        """Take a place; what is returned gives it back, once.

        Raises:
            Problem: there is none.
        """
        if self._taken.of(tenant_id) >= OF_A_TENANT:
            raise unavailable(f"{OF_A_TENANT} exports of this tenant are being sent, as many as may be.", RETRY_SECONDS)
        if self._taken.total >= AT_ONCE:
            raise unavailable(f"{AT_ONCE} exports are being sent, as many as may be at once.", RETRY_SECONDS)
        return self._taken.take(tenant_id)
