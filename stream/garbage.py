"""Python's search for reference cycles, tuned to a worker: much that stays for good, and much that lives for a batch.

A review passes through some ten container objects, which reference counts free once its batch is done. By Python's own
thresholds (700 objects) every hundred reviews start a search through whatever is alive, modules and models among it: it
took a fifth of a worker's processor time. Here what is there after the start is set aside, and a search begins after
some thousands of reviews only.
"""

import gc
from typing import Final

YOUNG_OBJECTS: Final = 50_000
"""New container objects that start a search among them: those of five to ten thousand reviews. It takes some 2 ms, the
longest that it may hold the event loop; what it is to find, cycles left by errors and tasks, is few megabytes then."""

YOUNG_SEARCHES: Final = 10
"""Searches among new objects, Python's own number, after which those that survived one are searched as well."""


def set_aside() -> None:
    """Let no later search look at what is alive now. Call it when the process has what it keeps, and again when it has
    exchanged some of that: what was set aside before and is no longer used goes first. Searches begin with it, where
    there were none while the process started."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_SEARCHES, YOUNG_SEARCHES)
    gc.enable()
