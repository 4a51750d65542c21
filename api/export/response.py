"""The HTTP response of an export."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Final, Literal, Protocol
from urllib.parse import quote

from api.export.columns import Column, Row
from api.export.csv_encoder import CsvEncoder
from api.export.parquet_encoder import ParquetEncoder
from api.http.bounded import BoundedResponse, BrokenOff

Format = Literal["csv", "parquet"]

MAX_SECONDS: Final = 600.0
"""How long an export may take: 10,000 products in 2 MB reach even a client that reads 4 KB a second."""


class Encoder(Protocol):
    """Rows to bytes, in order: ``begin``, ``rows`` any number of times, ``end``."""

    media_type: str

    def begin(self) -> bytes:
        """What stands before the first row."""

    def rows(self, rows: Sequence[Row]) -> bytes:
        """What can be sent once these rows are there."""

    def end(self) -> bytes:
        """What stands behind the last row."""


def _encoder(columns: Sequence[Column], form: Format, mark: bool) -> Encoder:
    return CsvEncoder(columns, mark=mark) if form == "csv" else ParquetEncoder(columns)


async def export(
    columns: Sequence[Column],
    batches: AsyncIterator[list[Row]],
    form: Format,
    name: str,
    *,
    mark: bool = False,
    give_back: Callable[[], None],
    allowed: Callable[[], bool],
) -> BoundedResponse:
    """The rows as a file.

    The first batch is read before anything is sent, so that a store that is away is still a problem, and not a file
    that breaks off.

    Args:
        columns: of each row.
        batches: the rows.
        form: what to write.
        name: of the file, its suffix to be added.
        mark: whether CSV begins with a byte order mark.
        give_back: gives back the place that the export has; called once, also when this raises.
        allowed: asked before each further batch; the file breaks off where it is not, as after :data:`MAX_SECONDS`.

    Raises:
        StoreUnavailable: from ``batches``.
    """
    try:
        encoder: Encoder = await asyncio.to_thread(_encoder, columns, form, mark)
        first: list[Row] = await anext(batches, [])
    except BaseException:
        give_back()
        raise
    content = _content(encoder, first, batches, allowed)
    headers = {"Content-Disposition": disposition(f"{name}.{form}")}
    return BoundedResponse(content, encoder.media_type, headers, give_back)


def disposition(name: str) -> str:
    """The header that names a download: plain, and for names beyond that as RFC 6266 and RFC 8187 have it."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


async def _content(
    encoder: Encoder, first: list[Row], batches: AsyncIterator[list[Row]], allowed: Callable[[], bool]
) -> AsyncGenerator[bytes, None]:
    clock = asyncio.get_running_loop().time
    end = clock() + MAX_SECONDS
    # In a thread: a group of Parquet's rows takes 40 ms, the first one 0.7 s: pyarrow looks for pandas.
    yield encoder.begin() + await asyncio.to_thread(encoder.rows, first)
    async for rows in batches:
        if clock() > end or not allowed():
            raise BrokenOff
        if chunk := await asyncio.to_thread(encoder.rows, rows):
            yield chunk
    if rest := await asyncio.to_thread(encoder.end):
        yield rest
