import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.nesting import MAX_DEPTH, too_deep


def depth(value: Any) -> int:
    """Of a value that json has read."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(depth, parts), default=0)


plain = st.none() | st.integers() | st.text(st.sampled_from('[]{}"\\a'), max_size=9)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))


@given(values, st.integers(MAX_DEPTH - 5, MAX_DEPTH + 5))
def test_depth_is_told_as_a_parser_would(value: Any, wrapped: int) -> None:
    for _ in range(wrapped):
        value = [value]
    assert too_deep(json.dumps(value).encode()) == (depth(value) > MAX_DEPTH)


def test_brackets_in_text_are_no_nesting() -> None:
    assert not too_deep(json.dumps({"text": "[" * 5_000 + '\\"{{'}).encode())
    assert not too_deep(b"[1]," * 5_000)


@pytest.mark.parametrize("piece", [b'\\"', b'"', b"[]", b'"[', b"\\", b'{"a":[', b'\\""'])
def test_telling_takes_time_in_proportion_to_the_length(piece: bytes) -> None:
    payload = b"[" * 100 + b"]" * 100 + b'"' + piece * (262_144 // len(piece))
    started = time.perf_counter()
    too_deep(payload)
    assert time.perf_counter() - started < 5
