"""How an artefact is named where it matters which one exactly: in a tenants file, in the store, in a log line."""

import re
from typing import Final, NamedTuple, Self

DIGITS: Final = 12
"""Hex digits of a digest. Two artefacts by chance the same in 48 bits there are not; and whoever can write the folder
can write the tenants file, or trains what it likes: it is no signature."""

_PINNED: Final = re.compile(rf"(?P<artefact>.+)@(?P<digest>[0-9a-f]{{{DIGITS}}})", re.DOTALL)


class Reference(NamedTuple):
    """``films`` or ``./models/mine``, or the same pinned to one state of it: ``films@4f2e9c01ab37``."""

    artefact: str
    """The name of a shipped artefact, or the path of a folder."""
    digest: str | None = None
    """:attr:`models.artefact.Artefact.digest` that it must have; None for any."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the form in a tenants file; without a digest at its end, all of it is the artefact."""
        found = _PINNED.fullmatch(text)
        return cls(found["artefact"], found["digest"]) if found else cls(text)

    def pinned(self, digest: str) -> Self:
        """The same artefact, and no other state of it."""
        return self._replace(digest=digest)

    def __str__(self) -> str:
        return self.artefact if self.digest is None else f"{self.artefact}@{self.digest}"
