"""How deep JSON is nested, told from its bytes without parsing it."""

import re
from typing import Final

MAX_DEPTH: Final = 100
"""Deepest nesting that is read; a review needs 2. Without a limit of our own a parser's recursion ends wherever the
caller's stack leaves it, so that a worker would refuse a record which an audit of the same log accepts."""

# A string is one token, its brackets are text; one that never ends goes on to the end of the payload, so that no byte
# is looked at twice.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def too_deep(payload: bytes) -> bool:
    """Whether arrays and objects are nested deeper than :data:`MAX_DEPTH`. Linear in the payload's length."""
    # An ordinary event has one of each: to see that there is no second takes a third of counting them.
    if payload.find(b"{", 1) < 0 and payload.find(b"[", payload.find(b"[") + 1) < 0:
        return False
    if payload.count(b"[") + payload.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(payload):
        if token[0] in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token[0] in b"]}":
            depth -= 1
    return False
