"""What the totals must be, product by product, and where found ones are others. Pure values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

BORDER: Final = 1e-5
"""How near 1/2 a review's P(bad) may be for its label to hang on the order of additions in float32."""


class Counted(NamedTuple):
    """Reviews of one product."""

    good: int
    bad: int


@dataclass(slots=True)
class Expected:
    """Of one product."""

    reviews: int = 0
    bad: int = 0
    border: int = 0
    """Reviews within :data:`BORDER` of 1/2: as many may be labelled otherwise."""

    def add(self, p_bad: float) -> None:
        """Count a review."""
        self.reviews += 1
        self.bad += p_bad > 0.5
        self.border += abs(p_bad - 0.5) <= BORDER

    def allows(self, found: Counted) -> bool:
        """Whether totals are right."""
        return sum(found) == self.reviews and abs(found.bad - self.bad) <= self.border


def expected(judged: Iterable[tuple[str, float]]) -> dict[str, Expected]:
    """From each review's product and P(bad), by product."""
    products: dict[str, Expected] = {}
    for product, p_bad in judged:
        products.setdefault(product, Expected()).add(p_bad)
    return products


def differences(right: Mapping[str, Expected], found: Mapping[str, Counted]) -> list[str]:
    """A sentence for each product whose totals are not what they must be."""
    said = []
    for product in sorted(right.keys() | found.keys()):
        wanted, came = right.get(product, Expected()), found.get(product, Counted(0, 0))
        if not wanted.allows(came):
            near = f", {wanted.border} of them on either side" if wanted.border else ""
            said.append(
                f"{product}: expected {wanted.reviews - wanted.bad} good and {wanted.bad} bad{near}, "
                f"found {came.good} and {came.bad}"
            )
    return said


def relabelled(right: Mapping[str, Expected], found: Mapping[str, Counted]) -> int:
    """By how many labels totals that are right differ from the expected ones."""
    return sum(abs(found[product].bad - wanted.bad) for product, wanted in right.items())
