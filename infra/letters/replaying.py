"""A replay: sending the letters that were planned, in bounded transactions."""

import time
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from infra.interrupt import Interrupt
from infra.letters.planning import Plan
from infra.letters.shown import letter_id
from stream.letterbox import Letterbox, StoredLetter
from stream.resend import Resender, ResendTooLarge

BATCH_LETTERS: Final = 500
BATCH_BYTES: Final = 4 * 1024 * 1024
"""What one transaction holds at most. Workers wait at its first record until it is committed: 500 small letters take
some 20 ms, and a commit costs 10 ms however few there are."""

SETTLE_SECONDS: Final = 40.0
"""How long to wait for the end of what a killed worker has begun: 15 s until its time is up, and up to 10 s until Kafka
looks."""


@dataclass(slots=True)
class Outcome:
    """What a replay did."""

    replayed: int = 0
    too_large: list[str] = field(default_factory=list)
    """The reviews topic refuses them."""
    seconds: float = 0.0
    interrupted: bool = False


def replay(
    box: Letterbox, resender: Resender, chosen: Plan, interrupt: Interrupt, moved: Callable[[int], None]
) -> Outcome:
    """Send what was chosen, each letter once; ``moved`` is told how many are sent.

    Letters that another replay has sent since the plan was made are passed over.

    Raises:
        ResendFailed: Kafka takes no more; what was sent is marked.
        LetterboxUnavailable: Kafka does not give the letters.
    """
    done, started = Outcome(), time.monotonic()
    alone = set[tuple[int, int]]()
    while True:
        try:
            _send(box, resender, chosen, alone, interrupt, done, moved)
        except ResendTooLarge as error:
            # All that went in one request with a letter that is too large are blamed for it; one by one they are not.
            for letter in error.letters:
                if len(error.letters) == 1:
                    chosen.chosen[letter.partition].discard(letter.offset)
                    done.too_large.append(letter_id(letter))
                alone.add((letter.partition, letter.offset))
        else:
            done.seconds = time.monotonic() - started
            return done


def _send(
    box: Letterbox,
    resender: Resender,
    chosen: Plan,
    alone: Container[tuple[int, int]],
    interrupt: Interrupt,
    done: Outcome,
    moved: Callable[[int], None],
) -> None:
    """Send what is not marked yet; letters of ``alone`` in transactions of their own."""
    resender.begin()
    box.settle(chosen.chosen, SETTLE_SECONDS)  # a marker that cannot be seen yet would be a letter counted twice
    wanted = (
        letter
        for letter in box.letters(sorted(chosen.chosen))
        if letter.offset in chosen.chosen[letter.partition] and letter.replayed_at is None
    )
    for batch in _batches(wanted, alone):
        if interrupt.is_set():
            done.interrupted = True
            return
        resender.send(batch, time.time_ns() // 1_000_000)
        done.replayed += len(batch)
        moved(done.replayed)


def _batches(letters: Iterable[StoredLetter], alone: Container[tuple[int, int]]) -> Iterator[list[StoredLetter]]:
    batch: list[StoredLetter] = []
    size = 0
    for letter in letters:
        if (letter.partition, letter.offset) in alone:
            yield [letter]
            continue
        length = len(letter.value or b"") + len(letter.key or b"")
        if batch and (len(batch) == BATCH_LETTERS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += length
    if batch:
        yield batch
