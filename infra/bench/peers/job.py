"""What a peer's program is told: one JSON object in its environment."""

import json
import os
from pathlib import Path
from typing import Final, NamedTuple, Self

VARIABLE: Final = "PEER_JOB"

MODEL: Final = "model.keras"
VOCABULARY: Final = "vocabulary.txt"
"""A word a line; the first has id 1."""

DETAILS: Final = "details.json"
"""``length``, ids a text, and ``threshold``, P(bad) of the network from which on a review is bad: that at which the
calibrated one is 1/2."""


class Job(NamedTuple):
    """Where to read, what to ask, where to count."""

    bootstrap_servers: str
    topic: str
    """Its name is the consumer group's too."""
    redis_url: str
    folder: str
    """Holds :data:`MODEL`, :data:`VOCABULARY` and :data:`DETAILS`; and Aura's tenants file."""
    batch: int
    """Reviews asked about at once, at most."""
    threads: int
    """Of TensorFlow in this process."""

    @classmethod
    def given(cls) -> Self:
        """The one in the environment."""
        return cls(**json.loads(os.environ[VARIABLE]))

    def environment(self) -> dict[str, str]:
        """To be added to a program's variables."""
        return {VARIABLE: json.dumps(self._asdict())}

    @property
    def model_folder(self) -> Path:
        """:attr:`folder` as a path."""
        return Path(self.folder)
