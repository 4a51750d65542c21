"""How long a client goes on asking when an answer does not come, or says: later."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from api.client.errors import AuraError


@dataclass(frozen=True, slots=True)
class Retries:
    """How requests are repeated that met a passing problem: no answer, or a 429, 502, 503 or 504.

    Every request may be: a GET, classify and explain change nothing, and each review published has an event id, by
    which it counts once.

    Attributes:
        patience_seconds: from the first failure; no wait is begun that would end later. 0 asks once only.
        first_wait_seconds: doubled with each further failure. Each wait is shortened at random by up to half, so that
            many clients do not come back at once.
        longest_wait_seconds: where the answer does not ask for more with ``Retry-After``.
    """

    patience_seconds: float = 60.0
    first_wait_seconds: float = 0.25
    longest_wait_seconds: float = 15.0

    def __post_init__(self) -> None:
        if self.patience_seconds < 0 or self.first_wait_seconds <= 0 or self.longest_wait_seconds <= 0:
            raise ValueError(f"expected waits above 0 and patience of 0 or more; got {self}")


class Patience:
    """The failures of one request since its last success.

    Args:
        retries: how they are met.
        clock: seconds, never back.
        chance: 0 to below 1.
    """

    def __init__(
        self,
        retries: Retries,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._retries = retries
        self._clock = clock
        self._chance = chance
        self._began: float | None = None
        self._failures = 0

    def renewed(self) -> None:
        """It succeeded."""
        self._began = None
        self._failures = 0

    def wait_after(self, error: AuraError, at_least: float = 0.0) -> float:
        """Seconds to wait before asking again, never less than the answer asks for.

        Raises:
            AuraError: ``error``, which will not pass, or not in time.
        """
        if not error.passing:
            raise error
        now = self._clock()
        if self._began is None:
            self._began = now
        retries, chance = self._retries, self._chance()
        backoff = min(retries.longest_wait_seconds, retries.first_wait_seconds * 2.0 ** min(self._failures, 32))
        asked = max(at_least, error.retry_after or 0.0)
        wait = max(backoff * (0.5 + chance / 2), asked * (1 + chance / 4))
        if now + wait - self._began > retries.patience_seconds:
            raise error
        self._failures += 1
        return wait
