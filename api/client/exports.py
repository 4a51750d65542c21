"""Files of the API: saved as they are sent, or read into pandas."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Final, Literal

import httpx

from api.client.call import Call
from api.client.running import AsyncRunner, Runner

if TYPE_CHECKING:
    import pandas

Format = Literal["csv", "parquet"]

_FORMATS: Final[tuple[Format, ...]] = ("csv", "parquet")


class Export:
    """A file that the API can send. Nothing is asked for before one of its methods is called.

    Args:
        runner: how it is asked for.
        call: of the file, its format left open.
    """

    def __init__(self, runner: Runner, call: Call[bytes]) -> None:
        self._runner = runner
        self._call = call

    def stream(self, form: Format = "csv") -> Iterator[bytes]:
        """Its bytes as they come.

        Raises:
            AuraError: there is no answer, no success, or it broke off.
        """
        response = self._runner.open(self._call.asking(format=form))
        try:
            yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise self._runner.reached(error) from error
        finally:
            response.close()

    def save(self, path: str | os.PathLike[str], form: Format | None = None) -> Path:
        """Write it to ``path``, which holds the whole file or what it held before.

        Args:
            path: of the file; its suffix names the format, where ``form`` does not.
            form: ``csv`` or ``parquet``.

        Raises:
            ValueError: neither names a format.
            AuraError: there is no answer, no success, or it broke off.
        """
        with _written(Path(path)) as file:
            for chunk in self.stream(form or _format_of(Path(path))):
                file.write(chunk)
        return Path(path)

    def frame(self) -> "pandas.DataFrame":
        """Read it into a data frame: times with their zone, categories as lists.

        Raises:
            AuraError: there is no answer, no success, or it broke off.
        """
        return _frame(b"".join(self.stream("parquet")))


class AsyncExport:
    """A file that the API can send. Nothing is asked for before one of its methods is called.

    Args:
        runner: how it is asked for.
        call: of the file, its format left open.
    """

    def __init__(self, runner: AsyncRunner, call: Call[bytes]) -> None:
        self._runner = runner
        self._call = call

    async def stream(self, form: Format = "csv") -> AsyncIterator[bytes]:
        """Its bytes as they come.

        Raises:
            AuraError: there is no answer, no success, or it broke off.
        """
        response = await self._runner.open(self._call.asking(format=form))
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except httpx.HTTPError as error:
            raise self._runner.reached(error) from error
        finally:
            await response.aclose()

    async def save(self, path: str | os.PathLike[str], form: Format | None = None) -> Path:
        """Write it to ``path``, as :meth:`Export.save` does."""
        with _written(Path(path)) as file:
            async for chunk in self.stream(form or _format_of(Path(path))):
                file.write(chunk)
        return Path(path)

    async def frame(self) -> "pandas.DataFrame":
        """Read it into a data frame, as :meth:`Export.frame` does."""
        content = b"".join([chunk async for chunk in self.stream("parquet")])
        return await asyncio.to_thread(_frame, content)


def _format_of(path: Path) -> Format:
    for form in _FORMATS:
        if path.suffix.lower() == f".{form}":
            return form
    raise ValueError(f"expected a name that ends in .csv or .parquet, or the format; got {path.name!r}")


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its place at ``path`` once it is whole."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
            file.flush()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _frame(content: bytes) -> "pandas.DataFrame":
    import pandas  # it takes a second to load, and few need it

    return pandas.read_parquet(BytesIO(content))
