"""How the scores and the words of a tenant's reviews are spread: what drift is seen by. Pure values, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from stream.measures import P_SCALE

BINS: Final = 10
"""Of P(good), equally wide: as many as the population stability index is customarily taken over."""

WIDTH: Final = P_SCALE // BINS
"""Of a bin, in millionths."""


@dataclass(slots=True)
class Spread:
    """Of one tenant's reviews that one model scored, over an hour or longer. Order is the stored order."""

    bins: list[int] = field(default_factory=lambda: [0] * BINS)
    """Reviews by P(good): ``bins[i]`` from i / 10 up to, but without, (i + 1) / 10; the last one holds 1 as well."""
    p_good: int = 0
    """Sum of P(good), in millionths."""
    words: int = 0
    unknown: int = 0
    """Those of the words that the model has no word vector or weight for, and drops."""

    @property
    def reviews(self) -> int:
        """How many it is of."""
        return sum(self.bins)

    def take(self, p_good: int, words: int, unknown: int) -> None:
        """Count one review in, its P(good) in millionths."""
        self.bins[min(p_good // WIDTH, BINS - 1)] += 1
        self.p_good += p_good
        self.words += words
        self.unknown += unknown

    def add(self, other: Self) -> None:
        """Add ``other`` in place."""
        self.bins = [mine + others for mine, others in zip(self.bins, other.bins, strict=True)]
        self.p_good += other.p_good
        self.words += other.words
        self.unknown += other.unknown

    def as_list(self) -> list[int]:
        """The counters in stored order."""
        return [*self.bins, self.p_good, self.words, self.unknown]

    @classmethod
    def from_list(cls, values: Sequence[int]) -> Self:
        """From stored order; counters of a later version are left out."""
        p_good, words, unknown = values[BINS : BINS + 3]
        return cls(list(values[:BINS]), p_good, words, unknown)
