"""Products gathered under their brands or categories, to be ranked and shown as products are. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.shapes import GroupBy
from stream.measures import Measures
from stream.store.state import EntityState, ProductRow, Profile


@dataclass(frozen=True, slots=True)
class Gathered:
    """The brands or categories of a tenant."""

    rows: list[ProductRow]
    """One each, its id that of the brand or category, its counts those of all its products together."""
    products: dict[str, int]
    """By the same id: products that have reviews in the window."""


def belongs(row: ProductRow, brand: str | None, category: str | None) -> bool:
    """Whether its newest event puts a product under both (None: any)."""
    profile = row.state.profile
    return (brand is None or profile.brand == brand) and (category is None or category in profile.categories)


def gather(rows: Iterable[ProductRow], by: GroupBy) -> Gathered:
    """Every brand or category that the newest event of some product names.

    A product in several categories counts in each of them, with all its reviews; one that names none, in none.
    """
    members: dict[str, list[ProductRow]] = defaultdict(list)
    for row in rows:
        profile = row.state.profile
        for name in {profile.brand} if by == "brand" else set(profile.categories):
            if name is not None:
                members[name].append(row)
    return Gathered(
        [_together(name, found) for name, found in members.items()],
        {name: sum(row.current.reviews > 0 for row in found) for name, found in members.items()},
    )


def _together(name: str, rows: Sequence[ProductRow]) -> ProductRow:
    states = [row.state for row in rows]
    state = EntityState(
        tenant=states[0].tenant,
        product_id=name,
        profile=Profile(),
        totals=_sum(state.totals for state in states),
        late=sum(state.late for state in states),
        first_ms=min(state.first_ms for state in states),
        last_ms=max(state.last_ms for state in states),
    )
    trend = [_sum(parts) for parts in zip(*(row.trend for row in rows), strict=True)]
    return ProductRow(state, _sum(row.current for row in rows), _sum(row.previous for row in rows), trend)


def _sum(counts: Iterable[Measures]) -> Measures:
    total = Measures()
    for each in counts:
        total.add(each)
    return total
