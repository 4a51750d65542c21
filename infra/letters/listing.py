"""Letters on a terminal or in a pipe."""

import heapq
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import Console

from infra.letters import counts, shown
from infra.letters.counts import By
from stream.letterbox import StoredLetter

SCREENFUL: Final = 50
"""Letters that a terminal is shown when nobody says how many: a table is built whole before it is printed."""


def print_letters(letters: Iterable[StoredLetter], limit: int | None, *, as_json: bool) -> None:
    """The newest ``limit`` letters, oldest first; all of them one by one where there is no limit and no terminal."""
    if sys.stdout.isatty() and not as_json:
        met = Counter[str]()
        newest = _newest(_counted(letters, met), limit or SCREENFUL)
        Console().print(shown.table(newest))
        print(f"{len(newest):,} of {met['']:,} letters" + ("; --limit shows more" if len(newest) < met[""] else ""))
        return
    for letter in letters if limit is None else _newest(letters, limit):
        print(json.dumps(shown.summary(letter)) if as_json else shown.line(letter))


def print_counts(letters: Iterable[StoredLetter], by: Sequence[By], *, as_json: bool) -> None:
    """How many letters have what in common, most first."""
    found = counts.count(letters, by)
    if as_json:
        for entry in counts.objects(found, by):
            print(json.dumps(entry))
    elif sys.stdout.isatty():
        Console().print(counts.table(found, by))
    else:
        for parts, one in found:
            print(counts.line(parts, one))


def _newest(letters: Iterable[StoredLetter], limit: int) -> list[StoredLetter]:
    numbered = ((letter.written_ms, number, letter) for number, letter in enumerate(letters))
    return [letter for _, _, letter in sorted(heapq.nlargest(limit, numbered))]


def _counted(letters: Iterable[StoredLetter], met: Counter[str]) -> Iterator[StoredLetter]:
    for letter in letters:
        met[""] += 1
        yield letter
