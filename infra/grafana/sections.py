"""What a tenant's dashboard is cut by.

It stands in events as a brand or a category: a bank's branches and a theatre's houses are reviewed as products of
their own, in a category such as *Branches* or *Houses*, as the simulator's events have it. Whoever calls these
otherwise picks another category in the dashboard.
"""

from dataclasses import dataclass
from typing import Final

from api.shapes import GroupBy
from stream.tenants import Kind


@dataclass(frozen=True, slots=True)
class Section:
    """One way to cut a tenant's products."""

    title: str
    by: GroupBy
    variable: str
    """Which one of them to show the products of."""
    label: str
    value: str | None = None
    """What it is at first; None: the one with the most reviews."""
    compared: bool = True
    """Whether all of them are shown side by side, too."""


SECTIONS: Final[dict[Kind, tuple[Section, ...]]] = {
    "ecommerce": (
        Section("Brands", "brand", "brand", "Brand"),
        Section("Categories", "category", "category", "Category"),
    ),
    "bank": (
        Section("Branches", "category", "branches", "Branches are in", "Branches", compared=False),
        Section("Products by category", "category", "category", "Category"),
    ),
    "cinema": (
        Section("Films", "category", "films", "Films are in", "Films", compared=False),
        Section("Houses", "category", "houses", "Houses are in", "Houses", compared=False),
        Section("Genres", "category", "category", "Genre"),
    ),
    "clinic": (Section("Treatments", "category", "category", "Category"),),
    "other": (Section("Categories", "category", "category", "Category"),),
}
"""By the kind of tenant."""
