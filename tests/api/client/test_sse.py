"""Server-sent events, from bytes cut anywhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client.sse import EventParser, RawEvent

STREAM = (
    "﻿: a comment\r\nretry: 2000\r\n\r\n"
    "event: reviews\ndata: {\"text\": \"one\u2028two\x0bthree\x85four\"}\nid: 17-0\n\n"
    "event:summary\rdata: first\rdata:  second\r\r"
    "event: nothing\n\n"
    "data\n\n"
    "id: 18-0\n\n"
    "data: unfinished"
).encode()  # fmt: skip

EVENTS = [
    RawEvent("reviews", '{"text": "one\u2028two\x0bthree\x85four"}'),
    RawEvent("summary", "first\n second"),
    RawEvent("message", ""),
]


@given(st.lists(st.integers(0, len(STREAM))))
def test_the_events_are_the_same_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    parser = EventParser("16-0")
    borders = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[begin:end] for begin, end in pairwise(borders)]
    assert [event for chunk in chunks for event in parser.feed(chunk)] == EVENTS
    assert (parser.last_id, parser.retry_seconds) == ("18-0", 2.0)


def test_an_id_counts_from_the_end_of_its_event() -> None:
    parser = EventParser()
    assert list(parser.feed(b"id: 17-0\ndata: x\n")) == []
    assert parser.last_id is None
    assert list(parser.feed(b"\n")) == [RawEvent("message", "x")]
    assert parser.last_id == "17-0"


def test_each_of_several_events_has_its_own_id_while_it_is_dealt_with() -> None:
    parser = EventParser()
    seen = [(event.data, parser.last_id) for event in parser.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n")]
    assert seen == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize("line", [b"id: a\0b", b"retry: 2s", b"retry: -1", b"colour: red", b":retry: 1"])
def test_lines_that_mean_nothing_are_passed_over(line: bytes) -> None:
    parser = EventParser("16-0")
    assert list(parser.feed(line + b"\ndata: x\n\n")) == [RawEvent("message", "x")]
    assert (parser.last_id, parser.retry_seconds) == ("16-0", None)
