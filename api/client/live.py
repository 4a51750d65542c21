"""The live stream: typed events, without an end, over restarts of the server and broken connections."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx
from pydantic import ValidationError

from api.alerts.shapes import AlertEvent
from api.client.call import Call
from api.client.errors import AuraError, Unintelligible, Unreachable
from api.client.retries import Patience, Retries
from api.client.running import AsyncRunner, Runner
from api.client.sse import EventParser, RawEvent
from api.shapes import LiveReviews, LiveSummary, ProblemBody

LiveEvent = LiveSummary | LiveReviews | AlertEvent | ProblemBody
"""What the stream tells. ``ProblemBody``: the store cannot be read just now; the stream goes on by itself."""

_SHAPES: Final[Mapping[str, type[LiveEvent]]] = {
    "summary": LiveSummary,
    "reviews": LiveReviews,
    "alert": AlertEvent,
    "problem": ProblemBody,
}

SILENT_SECONDS: Final = 45.0
"""The server says something every 15 s; a connection on which three times that has passed is dead."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What to watch.

    Attributes:
        call: opens the stream.
        last_event_id: go on behind this event; None begins with the newest reviews.
    """

    call: Call[bytes]
    last_event_id: str | None


class _Reading:
    """What both streams do but for reading and waiting: where they are, and when to come back."""

    def __init__(self, watch: Watch, retries: Retries) -> None:
        self.call = watch.call
        self.last_event_id = watch.last_event_id
        self._patience = Patience(retries)
        self._parser = EventParser(self.last_event_id)

    def options(self) -> Mapping[str, object]:
        """With what to open the stream; begins a new connection."""
        self._parser = EventParser(self.last_event_id)
        return {
            "headers": {"Last-Event-ID": self.last_event_id} if self.last_event_id else {},
            "timeout": httpx.Timeout(SILENT_SECONDS),
        }

    def events(self, chunk: bytes) -> Iterator[LiveEvent]:
        """What ``chunk`` completes."""
        for raw in self._parser.feed(chunk):
            self._patience.renewed()
            self.last_event_id = self._parser.last_id
            if (event := _typed(raw)) is not None:
                yield event

    def wait(self, error: AuraError) -> float:
        """Seconds after which to come back.

        Raises:
            AuraError: ``error``, if it does not pass.
        """
        return self._patience.wait_after(error, self._parser.retry_seconds or 0.0)


class LiveStream(Iterator[LiveEvent]):
    """Events as they come. A context manager: leaving it closes the connection.

    When the connection breaks it comes back by itself with the last event's id, and what was missed follows. It gives
    up when it could not for as long as the client's :class:`~api.client.Retries` have patience.

    Args:
        runner: how it is asked for.
        watch: what to watch.

    Raises:
        AuraError: from each step: the key is not valid any more, or Aura stays away.
    """

    def __init__(self, runner: Runner, watch: Watch) -> None:
        self._runner = runner
        self._reading = _Reading(watch, runner.session.retries)
        self._events = self._each()

    @property
    def last_event_id(self) -> str | None:
        """The id of the newest event that was given out, for a later stream that goes on behind it."""
        return self._reading.last_event_id

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> LiveEvent:
        return next(self._events)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the stream."""
        self._events.close()

    def _each(self) -> Generator[LiveEvent, None, None]:
        reading = self._reading
        while True:
            try:
                response = self._runner.open_once(reading.call, **reading.options())
                try:
                    for chunk in response.iter_bytes():
                        yield from reading.events(chunk)
                finally:
                    response.close()
                failure: AuraError = _ended()
            except httpx.HTTPError as error:
                failure = self._runner.reached(error)
            except AuraError as error:
                failure = error
            time.sleep(reading.wait(failure))


class AsyncLiveStream(AsyncIterator[LiveEvent]):
    """Events as they come, awaited; otherwise as :class:`LiveStream`.

    Args:
        runner: how it is asked for.
        watch: what to watch.
    """

    def __init__(self, runner: AsyncRunner, watch: Watch) -> None:
        self._runner = runner
        self._reading = _Reading(watch, runner.session.retries)
        self._events = self._each()

    @property
    def last_event_id(self) -> str | None:
        """The id of the newest event that was given out, for a later stream that goes on behind it."""
        return self._reading.last_event_id

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LiveEvent:
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the stream."""
        await self._events.aclose()

    async def _each(self) -> AsyncGenerator[LiveEvent, None]:
        reading = self._reading
        while True:
            try:
                response = await self._runner.open_once(reading.call, **reading.options())
                try:
                    async for chunk in response.aiter_bytes():
                        for event in reading.events(chunk):
                            yield event
                finally:
                    await response.aclose()
                failure: AuraError = _ended()
            except httpx.HTTPError as error:
                failure = self._runner.reached(error)
            except AuraError as error:
                failure = error
            await asyncio.sleep(reading.wait(failure))


def _typed(raw: RawEvent) -> LiveEvent | None:
    """The event in its shape; None of a kind that this client does not know, which a later Aura may send."""
    shape = _SHAPES.get(raw.name)
    if shape is None:
        return None
    try:
        return shape.model_validate_json(raw.data)
    except ValidationError:
        raise Unintelligible(
            f"an event {raw.name!r} of the live stream is no {shape.__name__}; is the client as new as the server?"
        ) from None


def _ended() -> Unreachable:
    return Unreachable("the live stream ended, and could not be opened again in time")
