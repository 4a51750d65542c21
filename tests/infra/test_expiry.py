"""When a key expires."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import typer

from infra.expiry import expiry

NOW = datetime(2026, 5, 20, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90d", NOW + timedelta(days=90)),
        ("1h30m", NOW + timedelta(minutes=90)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T12:00:00Z", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00+02:00", datetime(2027, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_a_duration_a_day_or_a_time_is_meant(text: str, expected: datetime) -> None:
    assert expiry("--expires", text, NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "90", "0d", "-1d", "2027-13-01", "2027-01-31T12:00:00", "99999999d", "9" * 400 + "d"]
)
def test_anything_else_is_refused_with_what_is_expected(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected a duration such as 90d, a day such as 2027-01-31"):
        expiry("--expires", text, NOW)


@pytest.mark.parametrize("text", ["2026-05-20", "2026-05-20T12:30:00Z", "2001-01-01"])
def test_a_time_that_is_over_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected a time to come, got 20"):
        expiry("--expires", text, NOW)
