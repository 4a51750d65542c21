"""The HTTP response of an export."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Final, Literal, Protocol
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from api.bounded import BoundedResponse
from api.export.columns import Column, Row
from api.export.csv_encoder import CsvEncoder
from api.export.parquet_encoder import ParquetEncoder
from api.problems import unavailable

Format = Literal["csv", "parquet"]

MAX_AT_ONCE: Final = 4
"""Exports of one process. Each of 10,000 products keeps Redis and a core busy for a second or more, and whoever looks
at the live page waits meanwhile."""

RETRY_SECONDS: Final = 2


class Encoder(Protocol):
    """Rows to bytes, in order: ``begin``, ``rows`` any number of times, ``end``."""

    media_type: str

    def begin(self) -> bytes:
        """What stands before the first row."""

    def rows(self, rows: Sequence[Row]) -> bytes:
        """What can be sent once these rows are there."""

    def end(self) -> bytes:
        """What stands behind the last row."""


_ENCODERS: Final[dict[Format, Callable[[Sequence[Column]], Encoder]]] = {"csv": CsvEncoder, "parquet": ParquetEncoder}


class ExportResponse(BoundedResponse):
    """A file, sent while it is written; ``slots`` is given back when it is sent, or its client gone."""

    def __init__(
        self, content: AsyncGenerator[bytes, None], media_type: str, name: str, slots: asyncio.Semaphore
    ) -> None:
        super().__init__(content, media_type=media_type, headers={"Content-Disposition": disposition(name)})
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._slots.release()


async def export(
    columns: Sequence[Column], batches: AsyncIterator[list[Row]], form: Format, name: str, slots: asyncio.Semaphore
) -> ExportResponse:
    """The rows as a file called ``name``, its suffix to be added.

    The first batch is read before anything is sent, so that a store that is away is still a problem, and not a file
    that breaks off.

    Raises:
        Problem: as many exports as are allowed are being sent.
        StoreUnavailable: from ``batches``.
    """
    if slots.locked():
        raise unavailable(f"{MAX_AT_ONCE} exports are being sent, as many as may be at once.", RETRY_SECONDS)
    await slots.acquire()
    try:
        encoder: Encoder = await asyncio.to_thread(_ENCODERS[form], columns)
        first: list[Row] = await anext(batches, [])
    except BaseException:
        slots.release()
        raise
    return ExportResponse(_content(encoder, first, batches), encoder.media_type, f"{name}.{form}", slots)


def disposition(name: str) -> str:
    """The header that names a download: plain, and for names beyond that as RFC 6266 and RFC 8187 have it."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


async def _content(
    encoder: Encoder, first: list[Row], batches: AsyncIterator[list[Row]]
) -> AsyncGenerator[bytes, None]:
    # In a thread: a group of Parquet's rows takes 40 ms, the first one 0.7 s: pyarrow looks for pandas.
    yield encoder.begin() + await asyncio.to_thread(encoder.rows, first)
    async for rows in batches:
        if chunk := await asyncio.to_thread(encoder.rows, rows):
            yield chunk
    if rest := await asyncio.to_thread(encoder.end):
        yield rest
