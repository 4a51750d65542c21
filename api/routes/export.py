"""Files to take away: a tenant's products, and a product over time."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api import shapes, views
from api.access import costs
from api.deps import Access, At, ProductId, Reader, Shared, problems
from api.export import columns
from api.export.columns import Row, Table
from api.export.csv_encoder import CsvEncoder
from api.export.response import Format, export
from api.http.bounded import BoundedResponse
from api.http.problems import NO_LONGER_KEPT, NOT_FOUND, RANGE_TOO_LONG, VALIDATION
from api.insight import examples
from api.routes.products import find
from api.routes.timeline import LIMITS, AskedRange, read
from api.services import Services
from stream.measures import Measures
from stream.store.state import ProductRow

router = APIRouter(tags=["export"])

_Source = TypeVar("_Source")
_Format = Annotated[Format, Query(alias="format", description="`csv` (RFC 4180, UTF-8) or `parquet` (zstd).")]

_Bom = Annotated[bool, Query(description="Begin CSV with a byte order mark, without which Excel shows umlauts wrong.")]

PRODUCTS_AT_ONCE: Final = 50
"""On a busy machine each takes 0.6 ms of the event loop, of which other requests wait: 500 at once, as a listing reads
them, kept a request for one product waiting for 0.33 s."""

_BUCKETS_AT_ONCE: Final = 500
"""Some 10 ms of work; all 7,305 days in one go would keep other requests waiting for 0.15 s."""

_COLUMNS: Final = """`good_ratio` with `good_low` and `good_high`, and `mean_p_good` with `mean_p_good_low` and
`mean_p_good_high`, are the shares and 95 % intervals of the other endpoints. Times are RFC 3339 in CSV and timestamps
in Parquet; what is not known is an empty field in CSV and null in Parquet. In CSV a text that a spreadsheet would take
for a formula (`=`, `+`, `-`, `@` first, or behind a `;`, which splits cells in some countries) has an apostrophe before
it; Parquet has every text as it is. CSV is UTF-8 without a byte order mark, as programs expect it; for Excel ask with
`bom=true`.

The file is sent while it is read. One that breaks off has no end: its transfer fails, and a Parquet file has no footer.
So it does when its key is revoked meanwhile, or after ten minutes. Two of a tenant, and four of all, may be under way
at once in an API process; further ones get a 503 with `Retry-After`."""


def _file(example: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {
            "description": "The file.",
            "headers": {
                "Content-Disposition": {"description": "Its name.", "schema": {"type": "string"}},
            },
            "content": {
                "text/csv": {"schema": {"type": "string"}, "example": example},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    }


def _example(table: Table[_Source], source: _Source) -> str:
    encoder = CsvEncoder(table.columns)
    return (encoder.begin() + encoder.rows([table.row(source)])).decode()


@router.get(
    "/v1/tenants/{tenant}/export/products",
    summary="Products as a file",
    description=f"""Every product with reviews in the window (all of them for `window=all`), by id: a row each.

{_COLUMNS}""",
    response_class=StreamingResponse,
    responses=problems(NO_LONGER_KEPT) | _file(_example(columns.products("24h", examples.NOON), examples.LAMP_ROW)),
)
async def export_products(
    access: Reader,
    services: Shared,
    at: At,
    form: _Format = "csv",
    bom: _Bom = False,
    window: shapes.ListWindow = "24h",
) -> BoundedResponse:
    """A row a product."""
    tenant = access.tenant
    at_ms = await services.reads.window_at(tenant, window, at)
    table = columns.products(window, at_ms)
    found = services.store.product_batches(tenant.id, None if window == "all" else window, at_ms, PRODUCTS_AT_ONCE)
    batches = _product_rows(access, table, found, keep_empty=window == "all")
    return await _export(access, services, table, batches, form, f"products-{window}", mark=bom)


@router.get(
    "/v1/tenants/{tenant}/export/products/{product_id}/timeline",
    summary="A product over time as a file",
    description=f"""A row a minute, hour or day (UTC). {LIMITS}

{_COLUMNS}""",
    response_class=StreamingResponse,
    responses=problems(NOT_FOUND, VALIDATION, RANGE_TOO_LONG)
    | _file(_example(columns.timeline("LAMP-7", "1h"), (examples.NOON, examples.LAMP_ROW.current))),
)
async def export_timeline(
    access: Reader, services: Shared, product_id: ProductId, asked: AskedRange, form: _Format = "csv", bom: _Bom = False
) -> BoundedResponse:
    """A row a bucket."""
    tenant = access.tenant
    state = await find(services, tenant, product_id)
    wanted, found = await read(services, tenant, product_id, state, asked)
    table = columns.timeline(product_id, wanted.step)
    batches = _bucket_rows(access, table, views.buckets(wanted, found, fill=asked.fill))
    return await _export(access, services, table, batches, form, f"{product_id}-{wanted.step}", mark=bom)


async def _export(
    access: Access,
    services: Services,
    table: Table[_Source],
    batches: AsyncGenerator[list[Row], None],
    form: Format,
    name: str,
    *,
    mark: bool,
) -> BoundedResponse:
    tenant = access.tenant
    return await export(
        table.columns,
        batches,
        form,
        f"aura-{tenant.id}-{name}",
        mark=mark,
        give_back=services.exports.take(tenant.id),
        allowed=lambda: services.registry.opens(access.key, tenant.id),
    )


async def _product_rows(
    access: Access, table: Table[ProductRow], found: AsyncGenerator[list[ProductRow], None], *, keep_empty: bool
) -> AsyncGenerator[list[Row], None]:
    async for batch in found:
        access.charge(len(batch) * costs.EXPORTED)
        yield table.rows(row for row in batch if keep_empty or row.current.reviews)


async def _bucket_rows(
    access: Access, table: Table[tuple[int, Measures]], found: list[tuple[int, Measures]]
) -> AsyncGenerator[list[Row], None]:
    for i in range(0, len(found), _BUCKETS_AT_ONCE):
        batch = found[i : i + _BUCKETS_AT_ONCE]
        access.charge(len(batch) * costs.EXPORTED_BUCKET)
        yield table.rows(batch)
