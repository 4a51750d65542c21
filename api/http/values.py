"""How many values a JSON text has, told from its bytes. Pure.

Each of its arrays and objects becomes one of Python's, and while they are made nothing else runs: 5 MiB of ``[],`` held
the event loop for 1.5 s, in a thread as well, for the decoder keeps the interpreter's lock. So they are counted first.
"""

from typing import Final

MAX_MARKS: Final = 75_000
"""Commas and opening brackets outside texts: no JSON has more values than these and one. 1,000 reviews with every field
and 50 categories have 63,000; decoding as many takes some 15 ms."""

_MOST_QUOTES: Final = 4 * (MAX_MARKS + 1)
"""Beside each mark stand two texts at most, a name and a value."""


def plainly_few(body: bytes | bytearray) -> bool:
    """Whether there are no more than :data:`MAX_MARKS`, those in texts among them: a few ms for 5 MiB."""
    return _marks(body) <= MAX_MARKS


def few(body: bytes | bytearray) -> bool:
    """Whether there are no more than :data:`MAX_MARKS` up to where ``body`` ceases to be JSON.

    Some 50 ms for 5 MiB of the worst, in steps that each keep the interpreter's lock for 20 ms or less: for a thread.
    """
    # Pairs first, from the left: what is left of a run of backslashes escapes what follows it.
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    parts = plain.split(b'"', _MOST_QUOTES)
    return len(parts) <= _MOST_QUOTES and _marks(b"".join(parts[::2])) <= MAX_MARKS


def _marks(body: bytes | bytearray) -> int:
    return body.count(b",") + body.count(b"[") + body.count(b"{")
