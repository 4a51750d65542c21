"""What a packed text is, said as plainly as it can be; the loops have to find the same."""

import re
from typing import Final

from stream.lexicon.texts import CAPITAL, CAPITALS, ENDING, ENDINGS, OTHER, PAIR, WORD
from stream.lexicon.words import ranks

_TOKEN: Final = re.compile(
    "(.*?)(" + "|".join(map(re.escape, sorted(ENDINGS, key=len, reverse=True))) + ")?", re.DOTALL
)


def pack(text: str) -> bytes:
    """A text as :mod:`stream.lexicon.texts` describes it."""
    return b"".join(_known(token) or bytes([OTHER]) + token.encode() + b" " for token in text.split(" "))


def _known(token: str) -> bytes | None:
    match = _TOKEN.fullmatch(token)
    assert match is not None
    body, ending = match.groups()
    behind = bytes([ENDING + ENDINGS.index(ending)]) if ending else b""
    if body in ranks():
        return _code(body) + behind
    lower = body.lower()
    if lower not in ranks():
        return None
    if body == lower[:1].upper() + lower[1:]:
        return bytes([CAPITAL]) + _code(lower) + behind
    if body == lower.upper():
        return bytes([CAPITALS]) + _code(lower) + behind
    return None


def _code(word: str) -> bytes:
    rank = ranks()[word]
    if rank < PAIR - WORD:
        return bytes([WORD + rank])
    high, low = divmod(rank - (PAIR - WORD), 256)
    return bytes([PAIR + high, low])
