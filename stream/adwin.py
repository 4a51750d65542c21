"""ADWIN as river computes it, without all that ``river.drift`` brings along.

``river.drift`` imports data sets for its examples, and with them pandas, scikit-learn and SQLAlchemy: 1.3 s and 140 MB
for a detector that is written in Rust and needs none of them. The detector alone takes a millisecond.
"""

from typing import Final

# No public name of river's, so pyproject.toml holds river to versions that have it; a test compares it with the public
# class.
from river._river_rust.drift import AdaptiveWindowing

DELTA: Final = 0.002
"""Its bound on the chance that a cut is taken for a change where there is none. River's default, as all the rest is."""


class Adwin:
    """A window over the latest values, which drops its older part when that has another mean than the newer one.

    Source: A. Bifet, R. Gavalda, "Learning from time-changing data with adaptive windowing", SIAM International
    Conference on Data Mining (2007), 443-448.
    """

    def __init__(self) -> None:
        self._window = AdaptiveWindowing(delta=DELTA)
        self._changed = False

    @property
    def width(self) -> int:
        """How many values the window holds."""
        return int(self._window.get_width())

    def update(self, value: float) -> bool:
        """Take one value in; whether the mean has changed by it. After a change the window begins anew, as river's."""
        if self._changed:
            self._window = AdaptiveWindowing(delta=DELTA)
        self._changed = bool(self._window.update(value))
        return self._changed
