"""What stands in an exported row. Pure; values as the other endpoints round them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from api import shapes, views
from stream.measures import Measures, Step
from stream.store.state import ProductRow

Kind = Literal["text", "texts", "count", "share", "time"]
"""``texts``: several; ``share``: any real number; ``time``: milliseconds since 1970-01-01 UTC."""

Value = str | Sequence[str] | int | float | None
Row = tuple[Value, ...]

_Source = TypeVar("_Source")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table(Generic[_Source]):
    """The columns of a file, and how a row comes about."""

    columns: tuple[Column, ...]
    row: Callable[[_Source], Row]

    def rows(self, sources: Iterable[_Source]) -> list[Row]:
        """A row for each of ``sources``."""
        return [self.row(source) for source in sources]


_MEASURES: Final = (
    *(Column(name, "count") for name in ("reviews", "good", "bad")),
    *(
        Column(name, "share")
        for name in (
            "good_ratio", "good_low", "good_high", "mean_p_good", "mean_p_good_low", "mean_p_good_high", "sentiment",
        )
    ),
    Column("rated", "count"),
    Column("rating_mean", "share"),
    Column("rated_bad", "count"),
    Column("agreement", "share"),
)  # fmt: skip


def _measures(counts: Measures) -> Row:
    found = views.measures(counts)
    return (
        found.reviews, found.good, found.bad,
        found.good_ratio, *(found.good_interval or (None, None)),
        found.mean_p_good, *(found.mean_p_good_interval or (None, None)),
        found.sentiment, found.rated, found.rating_mean, found.rated_bad, found.agreement,
    )  # fmt: skip


def products(window: shapes.ListWindow, at_ms: int) -> Table[ProductRow]:
    """A row a product: its measures over ``window``, or over all time."""

    def row(product: ProductRow) -> Row:
        state = product.state
        profile = state.profile
        return (
            state.product_id, profile.name, profile.brand, profile.categories, window, at_ms,
            *_measures(product.current),
            state.totals.reviews, state.first_ms, state.last_ms,
        )  # fmt: skip

    return Table(
        (
            Column("product_id", "text"),
            Column("name", "text"),
            Column("brand", "text"),
            Column("categories", "texts"),
            Column("window", "text"),
            Column("at", "time"),
            *_MEASURES,
            Column("reviews_total", "count"),
            Column("first_review", "time"),
            Column("last_review", "time"),
        ),
        row,
    )


def timeline(product_id: str, step: Step) -> Table[tuple[int, Measures]]:
    """A row a bucket of one product."""

    def row(bucket: tuple[int, Measures]) -> Row:
        start, counts = bucket
        return product_id, step, start, *_measures(counts)

    return Table((Column("product_id", "text"), Column("step", "text"), Column("start", "time"), *_MEASURES), row)
