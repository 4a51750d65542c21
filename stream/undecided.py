"""Reviews that a log without its beginning does not tell whether they are duplicates.

Soon after the beginning any review may be a copy of a dropped one. Whoever folds what is left counts it and remembers
it, where the store left it out and did not. So they may judge its next copy differently too, and the one after that,
for as long as a producer goes on repeating an event. Once an event has not come for so long that no rule finds a copy
of it, both count the next one, and agree from then on.
"""

from collections.abc import Iterator, Sequence

from stream.duplicates import SLOTS_BACK, Claim


class Undecided:
    """What follows undecided reviews of one topic-partition, whose log clock runs forward.

    Args:
        begin_ms: when the log took the oldest record that it holds; what it dropped, it took then or earlier.
    """

    def __init__(self, begin_ms: int) -> None:
        self._begin_ms = begin_ms
        self._slots: dict[tuple[str, int], dict[int, set[int]]] = {}

    def take(self, found: Sequence[Claim]) -> Iterator[int]:
        """Note what a run holds.

        Args:
            found: from :func:`stream.duplicates.claims`; runs come in log order.

        Returns:
            Which ids, counted through all claims, follow an undecided copy. Without those so near the beginning that
            a copy may have been dropped: one and a half horizons, by their log time.
        """
        position = 0
        for tenant, width_ms, spans in found:
            slots = self._slots.setdefault((tenant, width_ms), {})
            near = self._begin_ms // width_ms + SLOTS_BACK
            for slot, ids in spans:
                for old in [old for old in slots if old < slot - SLOTS_BACK]:
                    del slots[old]
                for identity in ids:
                    follows = any(identity in there for there in slots.values())
                    if follows or slot <= near:
                        slots.setdefault(slot, set()).add(identity)
                    if follows and slot > near:
                        yield position
                    position += 1
