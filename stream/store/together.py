"""Calls of a script that go to Redis together.

Each run of a batch is applied by a task of its own: it may be refused, held back or left out, and the others go on.
What such tasks call in one turn of the event loop leaves in one pipeline, and each gets its own answers. Nobody waits
for calls that may yet come: who has to do something else first, or once more, travels later.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeAlias

from redis.exceptions import NoScriptError, RedisError

from stream.store.connection import Client, unavailable

Call: TypeAlias = tuple[Any, ...]
"""What follows the script's hash and number of keys: the only key, then the values."""


class Together:
    """A script of one key whose calls share round trips.

    Args:
        client: Redis.
        text: of the script.
    """

    def __init__(self, client: Client, text: str) -> None:
        self._client = client
        self._script = client.register_script(text)
        self._calls: list[Call] = []
        self._trip: asyncio.Task[list[Any]] | None = None

    async def call(self, calls: Sequence[Call]) -> list[Any]:
        """The script's answers to these calls, each of which is made whatever becomes of the others.

        Raises:
            StoreUnavailable: Redis did not answer; each call was either carried out or not.
            redis.exceptions.ResponseError: the script failed with one of these calls.
        """
        first = len(self._calls)
        self._calls += calls
        if self._trip is None:
            self._trip = asyncio.create_task(self._travel())
            self._trip.add_done_callback(_noted)
        async with unavailable():
            # Whoever is cancelled leaves the others their trip.
            answers = (await asyncio.shield(self._trip))[first : first + len(calls)]
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    async def _travel(self) -> list[Any]:
        calls, self._calls, self._trip = self._calls, [], None
        answers = await self._ask(calls)
        unknown = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if unknown:
            try:
                await self._client.script_load(self._script.script)
                again = await self._ask([calls[i] for i in unknown])
            except (RedisError, OSError, TimeoutError) as error:
                again = [error] * len(unknown)  # of these alone: the others have their answers
            for i, answer in zip(unknown, again, strict=True):
                answers[i] = answer
        return answers

    async def _ask(self, calls: Sequence[Call]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipe:
            for call in calls:
                pipe.evalsha(self._script.sha, 1, *call)
            return await pipe.execute(raise_on_error=False)


def _noted(trip: asyncio.Task[list[Any]]) -> None:
    """Look at what a trip failed with: where all its callers were cancelled nobody else does, and asyncio complains."""
    if not trip.cancelled():
        trip.exception()
