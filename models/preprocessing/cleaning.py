"""Punctuation and stop words, which some recipes take out of the text."""

import sys
import unicodedata
from functools import cache
from typing import Final


@cache
def stop_words() -> frozenset[bytes]:
    """scikit-learn's 318 English stop words, which need no download; NLTK's, which the source material takes, do.

    Both lists hold ``not``, ``no`` and ``never``, without which a complaint can read as praise: recipes of our own
    keep stop words. The list matters while a vocabulary is made and never after: a word that has no id is not read, so
    that an artefact reads the same with any later version of the list.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # a second, which a worker need not spend

    return frozenset(word.encode() for word in ENGLISH_STOP_WORDS)


_APOSTROPHES: Final = "'’ʼ"
"""Taken out, so that ``can't`` becomes ``cant``, the form in which the list has it; other punctuation parts words."""


def without_punctuation(text: str) -> str:
    """``text`` with apostrophes taken out and any other Unicode punctuation (categories P*) as a blank."""
    return text.translate(_punctuation())


@cache
def _punctuation() -> dict[int, str | None]:
    table: dict[int, str | None] = {
        code: " " for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith("P")
    }
    return table | {ord(character): None for character in _APOSTROPHES}
