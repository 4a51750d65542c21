"""What can be wrong with a network that somebody names. Apart from the networks, whose import takes TensorFlow."""

from collections.abc import Iterable


class UnknownArchitecture(LookupError):
    """A name that no architecture has.

    Attributes:
        name: the name.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown architecture {name!r} (this version of aura knows {', '.join(known)})")
        self.name = name


class InvalidHyperparameters(ValueError):
    """Hyperparameters that an architecture does not have or cannot take.

    Attributes:
        architecture: its name.
        reason: which, and what was expected.
    """

    def __init__(self, architecture: str, reason: str) -> None:
        super().__init__(f"architecture {architecture}: {reason}")
        self.architecture = architecture
        self.reason = reason
