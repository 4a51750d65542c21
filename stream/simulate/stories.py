"""How a product's reviews change with the minutes. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from stream.simulate.catalogue import Catalogue, Product, Story

CYCLE_MINUTES: Final = 30.0
"""Stories begin again after this long, so that whoever looks at any time sees one within minutes."""


def value_at(curve: Sequence[tuple[float, float]], minute: float) -> float:
    """A curve's value: straight between its points, level before the first and after the last."""
    after = bisect_right(curve, minute, key=lambda point: point[0])
    if after == 0:
        return curve[0][1]
    if after == len(curve):
        return curve[-1][1]
    (from_minute, from_value), (to_minute, to_value) = curve[after - 1], curve[after]
    return from_value + (to_value - from_value) * (minute - from_minute) / (to_minute - from_minute)


class Stories:
    """The story lines of one tenant."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._stories: dict[str, Story] = {story.product: story for story in catalogue.stories}

    def good(self, product: Product, minute: float) -> float:
        """Share of the product's reviews that are good. Before minute 0 all is as at minute 0."""
        story = self._stories.get(product.id)
        return value_at(story.good, _in_cycle(minute)) if story and story.good else product.good

    def volume(self, product: Product, minute: float) -> float:
        """Factor on the number of the product's reviews."""
        story = self._stories.get(product.id)
        return value_at(story.volume, _in_cycle(minute)) if story and story.volume else 1.0


def _in_cycle(minute: float) -> float:
    return minute % CYCLE_MINUTES if minute > 0 else 0.0
