"""What a classifier reads."""

from typing import NamedTuple, Protocol


class ReviewLike(Protocol):
    """What a classifier reads of a review; an event of the stream is one."""

    @property
    def title(self) -> str | None:
        """The headline, where there is one."""

    @property
    def text(self) -> str:
        """The review. May be empty."""


class Review(NamedTuple):
    """A review that came from a file rather than as an event."""

    text: str
    title: str | None = None
