"""Server-sent events, from bytes as they come (WHATWG HTML, 9.2.6). Pure.

Lines end with LF, CR LF or CR alone. What else Python and httpx take for the end of a line, such as U+2028 in the text
of a review, is part of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as it was sent."""

    name: str
    data: str


class EventParser:
    """Bytes to events.

    Attributes:
        last_id: the id of the newest event that had one; None before.
        retry_seconds: how long the server wants clients to wait before they come back; None when it does not say.
    """

    def __init__(self, last_id: str | None = None) -> None:
        self.last_id = last_id
        self.retry_seconds: float | None = None
        self._id = last_id
        self._rest = b""
        self._begun = False
        self._name = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> Iterator[RawEvent]:
        """The events that are complete with ``chunk``."""
        text = self._rest + chunk
        if not self._begun:
            if len(text) < len(_BOM) and _BOM.startswith(text):
                self._rest = text
                return
            text = text.removeprefix(_BOM)
            self._begun = True
        begin = 0
        for end in _LINE_END.finditer(text):
            if end.end() == len(text) and end.group() == b"\r":
                break  # perhaps the first half of CR LF
            event = self._line(text[begin : end.start()].decode(errors="replace"))
            begin = end.end()
            if event is not None:
                yield event
        self._rest = text[begin:]

    def _line(self, line: str) -> RawEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_seconds = int(value) / 1000
        return None

    def _dispatch(self) -> RawEvent | None:
        self.last_id = self._id
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return RawEvent(name, "\n".join(data)) if data else None
