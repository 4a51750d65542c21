"""What tenants hold of something that a process has only so much of: streams, places, bytes."""

from collections import Counter
from collections.abc import Callable


class Held:
    """How much of it each tenant holds. Not for several threads.

    Whoever takes asks first, with no ``await`` between: else many that come at once all find room.
    """

    def __init__(self) -> None:
        self._by_tenant: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """What all hold together."""
        return self._by_tenant.total()

    def of(self, tenant_id: str) -> int:
        """What one holds."""
        return self._by_tenant[tenant_id]

    def take(self, tenant_id: str, amount: int = 1) -> Callable[[], None]:
        """Hold ``amount`` more; what is returned gives it back, and is called once."""
        self._by_tenant[tenant_id] += amount

        def give_back() -> None:
            self._by_tenant[tenant_id] -= amount
            if not self._by_tenant[tenant_id]:
                del self._by_tenant[tenant_id]

        return give_back
