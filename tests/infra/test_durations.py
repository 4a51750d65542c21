"""Lengths of time as people write them."""

import pytest

from infra.durations import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("6h", 21_600), ("2d", 172_800), ("1h30m", 5_400), ("0.5h", 1_800), (" 5M ", 300)],
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5w", "0s", "1h x", "1e3s"])
def test_what_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration") as caught:
        seconds_of(text)
    assert repr(text) in str(caught.value)
