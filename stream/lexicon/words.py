"""The words: 16,560 of those that the shipped models know, from all three vocabularies in turn."""

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

COUNT: Final = 16_560

DIGEST: Final = "af640b4c66c92360eb4aa14ad3342490d09ba23cca2d5b6782e64a21a3e1f02d"
"""SHA-256 of the file. A store that was written by other words would be read wrongly."""


@cache
def words() -> tuple[str, ...]:
    """All of them, the most frequent first."""
    content = files("stream.lexicon").joinpath("words.txt").read_bytes()
    found = sha256(content).hexdigest()
    if found != DIGEST:
        raise RuntimeError(f"words.txt has the digest {found}, expected {DIGEST}: what is stored needs the same words")
    return tuple(content.decode().split())


@cache
def ranks() -> dict[str, int]:
    """Word to its place, from 0 on."""
    return {word: rank for rank, word in enumerate(words())}
