"""Products, brands or categories side by side over one window. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from api.shapes import CompareBy
from stream.measures import Measures
from stream.statistics.two_samples import Sample, difference_interval, fisher, holm
from stream.store.state import ProductRow


@dataclass(frozen=True, slots=True)
class Group:
    """What is compared: one product, or all of a brand or category."""

    id: str
    name: str | None
    products: frozenset[str]
    """Ids of those that have reviews in the window."""
    counts: Measures


@dataclass(frozen=True, slots=True)
class Pair:
    """One group against another one."""

    of: Group
    to: Group
    difference: float
    """Good share of ``of`` less that of ``to``."""
    interval: tuple[float, float]
    """At 95 %, of ``difference``."""
    p: float
    p_holm: float
    """``p`` corrected for all pairs of the comparison."""


def grouped(rows: Iterable[ProductRow], by: CompareBy, wanted: Sequence[str]) -> list[Group]:
    """The brands or categories ``wanted``, each with its products among ``rows``.

    A product counts, with all its reviews, where its newest event put it; in several categories, in each of them.
    """
    members: dict[str, list[ProductRow]] = {name: [] for name in wanted}
    for row in rows:
        profile = row.state.profile
        names = {profile.brand} if by == "brand" else set(profile.categories)
        for name in names & members.keys():
            members[str(name)].append(row)
    return [_group(name, found) for name, found in members.items()]


def pairs(groups: Sequence[Group]) -> list[Pair]:
    """Every group against every later one.

    Left out are pairs of which a side has no reviews, and pairs that share a product: the same reviews on both sides
    are no two independent samples.
    """
    found = []
    for of, to in combinations(groups, 2):
        first, second = Sample(of.counts.good, of.counts.reviews), Sample(to.counts.good, to.counts.reviews)
        interval = difference_interval(first, second)
        if interval is not None and not of.products & to.products:
            found.append((of, to, first, second, interval))
    p_values = [fisher(first, second) for _, _, first, second, _ in found]
    return [
        Pair(of, to, first.good / first.n - second.good / second.n, interval, p, corrected)
        for (of, to, first, second, interval), p, corrected in zip(found, p_values, holm(p_values), strict=True)
    ]


def _group(name: str, rows: Sequence[ProductRow]) -> Group:
    counts = Measures()
    products = set()
    for row in rows:
        if row.current.reviews:
            counts.add(row.current)
            products.add(row.state.product_id or "")
    return Group(name, None, frozenset(products), counts)
