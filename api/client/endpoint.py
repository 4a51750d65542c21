"""Methods that both clients have, each described once.

A method is a function that makes a :class:`~api.client.call.Call` of its arguments. On :class:`~api.client.Aura` it
gives the answer, on :class:`~api.client.AsyncAura` something to await, with the function's own parameters for type
checkers and editors alike.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from functools import partial, update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from api.client.call import Call, Work
from api.client.exports import AsyncExport, Export
from api.client.live import AsyncLiveStream, LiveStream, Watch
from api.client.running import AsyncRunner, Awaited, Runner, Waiting


class Page(Protocol):
    """A part of a list."""

    @property
    def next_cursor(self) -> str | None:
        """What asks for the next part; None on the last one."""


P = ParamSpec("P")
T = TypeVar("T")
Row = TypeVar("Row")
AnyPage = TypeVar("AnyPage", bound=Page)
Now = TypeVar("Now")
Later = TypeVar("Later")


class Method(Generic[P, Now, Later]):
    """A method of both clients.

    Args:
        build: its parameters and docstring are the method's.
        waiting: what it does for a client that waits.
        awaited: what it does for one that is awaited.
    """

    def __init__(
        self,
        build: Callable[P, object],
        waiting: Callable[Concatenate[Runner, P], Now],
        awaited: Callable[Concatenate[AsyncRunner, P], Later],
    ) -> None:
        self.build = build
        self._waiting = waiting
        self._awaited = awaited
        update_wrapper(cast(Callable[P, object], self), build)

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, object]: ...
    @overload
    def __get__(self, client: Waiting, owner: type) -> Callable[P, Now]: ...
    @overload
    def __get__(self, client: Awaited, owner: type) -> Callable[P, Later]: ...
    def __get__(self, client: Waiting | Awaited | None, owner: type) -> Any:
        """The method of ``client``; of the class, what shows its parameters and docstring."""
        match client:
            case None:
                return self.build
            case Waiting():
                return update_wrapper(partial(self._waiting, client._runner), self.build)
            case Awaited():
                return update_wrapper(partial(self._awaited, client._runner), self.build)


def answered(build: Callable[P, Work[T]]) -> Method[P, T, Coroutine[Any, Any, T]]:
    """A method that gives an answer."""

    def waiting(runner: Runner, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return runner.run(build(*args, **kwargs))

    def awaited(runner: AsyncRunner, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return runner.run(build(*args, **kwargs))

    return Method(build, waiting, awaited)


def paged(
    build: Callable[P, Call[AnyPage]], rows: Callable[[AnyPage], Sequence[Row]]
) -> Method[P, Iterator[Row], AsyncIterator[Row]]:
    """A method that gives the rows of a list, and asks for page after page while they are read.

    Args:
        build: makes the call of the first page.
        rows: the rows of a page.
    """

    def waiting(runner: Runner, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Row]:
        call: Call[AnyPage] | None = build(*args, **kwargs)
        while call is not None:
            page = runner.run(call)
            yield from rows(page)
            call = _next(call, page)

    async def awaited(runner: AsyncRunner, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Row]:
        call: Call[AnyPage] | None = build(*args, **kwargs)
        while call is not None:
            page = await runner.run(call)
            for row in rows(page):
                yield row
            call = _next(call, page)

    return Method(build, waiting, awaited)


def exported(build: Callable[P, Call[bytes]]) -> Method[P, Export, AsyncExport]:
    """A method that gives a file, to be saved or read."""

    def waiting(runner: Runner, /, *args: P.args, **kwargs: P.kwargs) -> Export:
        return Export(runner, build(*args, **kwargs))

    def awaited(runner: AsyncRunner, /, *args: P.args, **kwargs: P.kwargs) -> AsyncExport:
        return AsyncExport(runner, build(*args, **kwargs))

    return Method(build, waiting, awaited)


def streamed(build: Callable[P, Watch]) -> Method[P, LiveStream, AsyncLiveStream]:
    """A method that gives a stream of events."""

    def waiting(runner: Runner, /, *args: P.args, **kwargs: P.kwargs) -> LiveStream:
        return LiveStream(runner, build(*args, **kwargs))

    def awaited(runner: AsyncRunner, /, *args: P.args, **kwargs: P.kwargs) -> AsyncLiveStream:
        return AsyncLiveStream(runner, build(*args, **kwargs))

    return Method(build, waiting, awaited)


def _next(call: Call[AnyPage], page: Page) -> Call[AnyPage] | None:
    return None if page.next_cursor is None else call.asking(cursor=page.next_cursor)
