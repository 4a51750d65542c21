"""The terms of a review: its distinct words, and the phrases of two words that stand side by side in it.

What is kept of a review is an entry, a text of two lines: the words in alphabetical order, and two characters
for each phrase, which say where its words stand in the first line. So most of the text's order is lost, and a phrase
costs two bytes.
"""

import re
from typing import Final

from stream.drivers.words import closes, opens, stops

READ_CHARS: Final = 2_000
"""Of a text, and as many of its title: 300 words. It bounds the time that one review takes (about 0.1 ms)."""

MAX_WORDS: Final = 60
"""Distinct words an entry, at most 63 (:mod:`stream.drivers.packing`). A review has 25 words in the median, 92 at its
95th percentile, with their repetitions."""

MAX_PHRASES: Final = 60

MAX_WORD_CHARS: Final = 24
"""A longer one is none: a link, a row of dashes, a sentence of a script that sets no blanks."""

MAX_DIGITS: Final = 2
"""Of longer numbers no part is kept: they are telephone, card and order numbers, and years."""

MAX_LOOKS: Final = 32_768
"""Tokens remembered: some 5 MB. Beyond it they are looked at anew."""

FIRST: Final = ord("0")
"""Character of the first word in a phrase. Of 75 words the last one would still be printable ASCII."""

_MARK: Final = re.compile(r"[^\w\s'’-]")

_TOKEN: Final = re.compile(rf"[^\W_]+(?:['’][^\W_]+)*|{_MARK.pattern}")
"""A word, with apostrophes inside; or a mark, over which no phrase reaches."""

_ASCII_TOKEN: Final = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*|[^\w\s'-]")
"""The same for lower-case text in ASCII, as most reviews are, in two thirds of the time."""

_Pair = tuple[str, str]


def entry_of(text: str, title: str | None = None) -> str:
    """What the store keeps of a review: 110 bytes for product reviews on average, at most some 6 KB.

    Words are lower-cased. Left out are words that say nothing by themselves (:mod:`stream.drivers.words`), except as
    part of a phrase, single characters, what looks like an address, and numbers of more than :data:`MAX_DIGITS` digits.
    """
    found: dict[str, None] = {}
    pairs: dict[_Pair, None] = {}
    for part in (title, text):
        if part:
            _read(prepared(part), found, pairs)
    words = sorted(found)
    place = {word: chr(FIRST + index) for index, word in enumerate(words)}
    return " ".join(words) + "\n" + "".join(place[first] + place[second] for first, second in pairs)


def terms_of(entry: str) -> list[str]:
    """The terms of an entry, each once: single words, then phrases, their words a blank apart."""
    line, _, phrases = entry.partition("\n")
    words = line.split(" ") if line else []
    found = [word for word in words if not stops(word)]
    for first, second in zip(phrases[::2], phrases[1::2], strict=True):
        found.append(f"{words[ord(first) - FIRST]} {words[ord(second) - FIRST]}")
    return found


def prepared(text: str) -> str:
    """What is read of a text or a title, in the letters that it is read in."""
    return _without_addresses(text[:READ_CHARS]).lower().replace("’", "'")


def is_mark(char: str) -> bool:
    """Whether no phrase reaches over this character."""
    return _MARK.fullmatch(char) is not None


def _read(text: str, found: dict[str, None], pairs: dict[_Pair, None]) -> None:
    """Add a prepared text's words to ``found``, and its phrases to ``pairs``, as far as there is room."""
    before, opened = "", False
    for token in (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text):
        word, alone, opening, closing = _looks[token]
        if opened and closing and len(pairs) < MAX_PHRASES and len(found) <= MAX_WORDS - 2:
            found[before] = found[word] = None
            pairs[before, word] = None
        elif alone and len(found) < MAX_WORDS:
            found[word] = None
        before, opened = word, opening


def look(token: str) -> tuple[str, bool, bool, bool]:
    """A token; whether it is a term, may begin a phrase, may end one."""
    if not _is_word(token):
        return "", False, False, False
    return token, not stops(token), opens(token), closes(token)


class _Looks(dict[str, tuple[str, bool, bool, bool]]):
    """:func:`look` of the tokens seen so far, most of them a few thousand words. A dict: all tokens are asked for."""

    def __missing__(self, token: str) -> tuple[str, bool, bool, bool]:
        found = look(token)
        if len(token) <= MAX_WORD_CHARS:
            if len(self) >= MAX_LOOKS:
                self.clear()
            self[token] = found
        return found


_looks: Final = _Looks()


def _is_word(token: str) -> bool:
    if not 2 <= len(token) <= MAX_WORD_CHARS:
        return False
    return token.isalpha() or (token[0].isalnum() and sum(map(str.isdigit, token)) <= MAX_DIGITS)


def _without_addresses(text: str) -> str:
    """The text with a full stop in place of each mail or web address."""
    if "@" not in text and "://" not in text and "www." not in text:
        return text
    return "".join("." if _is_address(chunk) else chunk for chunk in re.split(r"(\s+)", text))


def _is_address(chunk: str) -> bool:
    return "@" in chunk or "://" in chunk or chunk.startswith("www.")
