"""What a benchmark publishes: real review texts where a file is given, the simulator's sentences otherwise."""

import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from stream.event import ReviewEvent
from stream.readers.fields import Fields
from stream.readers.rows import Accepted, Layout, read
from stream.readers.source import Source, SourceError
from stream.simulate import traffic

TENANT = "shop"


def events(
    file: Path | None, count: int, products: int | None = None, *, prefix: str = "bench"
) -> Iterator[ReviewEvent]:
    """``count`` events of one tenant, written now, as live traffic is; rows of a file are repeated as needed.

    Args:
        file: Datafiniti CSV; simulated reviews without one.
        count: how many.
        products: how many products they are of, evenly; None leaves each row its own. Of 25,000 real reviews that
            Datafiniti published, 30 % are of one product, and so in one partition.
        prefix: of the ids: ``bench-0`` is the first.

    Raises:
        LayoutError: the file does not have Datafiniti's columns.
        SourceError: it cannot be read, or no review is in it.
    """
    now_ms = time.time_ns() // 1_000_000
    if file is None:
        source: Iterator[ReviewEvent] = islice(traffic(seed=1, tenants=(TENANT,)), min(count, 20_000))
    else:
        source = _of_file(file)
    rows = list(islice(source, count))
    if file is not None and not rows:
        raise SourceError(str(file), "has no review that Aura takes")
    for number, row in enumerate(islice(cycle(rows), count)):
        yield ReviewEvent(
            event_id=f"{prefix}-{number}",
            tenant=TENANT,
            product_id=row.product_id if products is None else f"product-{number % products}",
            text=row.text,
            title=row.title,
            rating=row.rating,
            occurred_at=now_ms - (number % 300) * 1_000,
            product_name=row.product_name,
            brand=row.brand,
            categories=row.categories,
        )


def _of_file(file: Path) -> Iterator[ReviewEvent]:
    layout = Layout("datafiniti", Fields(TENANT))
    return (row.event for row in read(Source(file), layout) if isinstance(row, Accepted))
