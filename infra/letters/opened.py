"""The dead-letter topic, opened for a command."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from rich.console import Console

from infra.errors import CommandError
from infra.settings import Settings
from stream.letterbox import Letterbox, LetterboxUnavailable, StoredLetter
from stream.sift import Sift

ANSWER_SECONDS: Final = 15.0
"""Longest silence of Kafka: a person waits at the terminal."""

SHOW_EVERY: Final = 500
"""Letters between two updates of the count on the terminal."""

T = TypeVar("T")


@contextmanager
def opened(settings: Settings) -> Iterator[Letterbox]:
    """The topic's reader.

    Raises:
        CommandError: Kafka does not answer, or has no such topic.
    """
    try:
        with Letterbox(settings.kafka_bootstrap_servers, settings.dead_letter_topic, timeout=ANSWER_SECONDS) as box:
            yield box
    except LetterboxUnavailable as error:
        raise CommandError(f"{error} (Kafka at {settings.kafka_bootstrap_servers})") from error


def sifted(box: Letterbox, sift: Sift, partitions: Iterable[int] | None = None) -> Iterator[StoredLetter]:
    """The letters that ``sift`` takes, partition by partition, in the order in which they were written."""
    return (letter for letter in box.letters(partitions, sift.from_ms) if sift.takes(letter))


def counted(things: Iterable[T], what: str) -> Iterator[T]:
    """The same, their number shown on standard error meanwhile where that is a terminal."""
    console = Console(stderr=True)
    with console.status(f"{what} ...") as status:
        for number, thing in enumerate(things, start=1):
            if number % SHOW_EVERY == 0:
                status.update(f"{what} ... {number:,} letters")
            yield thing
