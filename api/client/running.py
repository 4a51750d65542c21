"""Sending and waiting: what a call needs beside knowing what to do. One runner waits, the other is awaited."""

import asyncio
import time
from typing import Any, TypeVar

import httpx

from api.client.call import Call, Flow, Send, Work
from api.client.errors import Unreachable, unreachable
from api.client.session import Session

T = TypeVar("T")


class Runner:
    """Runs calls to their end. Threads may share it.

    Args:
        http: the connections.
        session: what to do for a call.
    """

    def __init__(self, http: httpx.Client, session: Session) -> None:
        self.session = session
        self._http = http

    def run(self, work: Work[T]) -> T:
        """The result."""
        return self._drive(work.flow(self.session))

    def open(self, call: Call[T]) -> httpx.Response:
        """Ask for an answer that is to be read bit by bit, and then closed."""
        return self._drive(self.session.response(call, streamed=True))

    def open_once(self, call: Call[T], **more: Any) -> httpx.Response:
        """The same, without asking again."""
        return self._drive(self.session.once(call, streamed=True, **more))

    def reached(self, error: httpx.HTTPError) -> Unreachable:
        """What ``error`` means to the user."""
        return unreachable(error, str(self._http.base_url))

    def _drive(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Send):
                    try:
                        response = self._send(step)
                    except Unreachable as error:
                        step = flow.throw(error)
                    else:
                        step = flow.send(response)
                else:
                    time.sleep(step.seconds)
                    step = flow.send(None)
        except StopIteration as end:
            result: T = end.value
            return result

    def _send(self, step: Send) -> httpx.Response:
        try:
            response = self._http.send(step.request, stream=step.streamed)
            if step.streamed and not response.is_success:
                try:
                    response.read()
                finally:
                    response.close()
        except httpx.HTTPError as error:
            raise self.reached(error) from error
        return response


class AsyncRunner:
    """The same, awaited.

    Args:
        http: the connections.
        session: what to do for a call.
    """

    def __init__(self, http: httpx.AsyncClient, session: Session) -> None:
        self.session = session
        self._http = http

    async def run(self, work: Work[T]) -> T:
        """The result."""
        return await self._drive(work.flow(self.session))

    async def open(self, call: Call[T]) -> httpx.Response:
        """Ask for an answer that is to be read bit by bit, and then closed."""
        return await self._drive(self.session.response(call, streamed=True))

    async def open_once(self, call: Call[T], **more: Any) -> httpx.Response:
        """The same, without asking again."""
        return await self._drive(self.session.once(call, streamed=True, **more))

    def reached(self, error: httpx.HTTPError) -> Unreachable:
        """What ``error`` means to the user."""
        return unreachable(error, str(self._http.base_url))

    async def _drive(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Send):
                    try:
                        response = await self._send(step)
                    except Unreachable as error:
                        step = flow.throw(error)
                    else:
                        step = flow.send(response)
                else:
                    await asyncio.sleep(step.seconds)
                    step = flow.send(None)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _send(self, step: Send) -> httpx.Response:
        try:
            response = await self._http.send(step.request, stream=step.streamed)
            if step.streamed and not response.is_success:
                try:
                    await response.aread()
                finally:
                    await response.aclose()
        except httpx.HTTPError as error:
            raise self.reached(error) from error
        return response


class Waiting:
    """A client whose methods wait."""

    _runner: Runner


class Awaited:
    """A client whose methods are awaited."""

    _runner: AsyncRunner
