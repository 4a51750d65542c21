"""How a file is written: its encoding, and the form of its times."""

import pytest

from stream.readers.forms import WINDOWS, encoding_of, time_forms_of


@pytest.mark.parametrize(
    ("values", "forms"),
    [
        (["03.02.2019 10:00", " 4.2.2019 9:05 "], ["%d.%m.%Y %H:%M"]),
        (["03.02.19", "04.02.19"], ["%d.%m.%y"]),
        (["3/2/2019", "25/2/2019"], ["%d/%m/%Y"]),
        (["3/2/2019 9:05 PM", "2/25/2019 10:00 AM"], ["%m/%d/%Y %I:%M %p"]),
        (["2019/02/03 10:00:07"], ["%Y/%m/%d %H:%M:%S"]),
        (["May 3, 2019", "May 4, 2019"], ["%B %d, %Y"]),
        (["Jun 3, 2019", "May 4, 2019"], ["%b %d, %Y"]),
        (["03.02.2019", "31.02.2019", "04.02.2019"], ["%d.%m.%Y"]),
    ],
)
def test_the_form_is_the_one_that_reads_most(values: list[str], forms: list[str]) -> None:
    assert time_forms_of(values) == forms


def test_where_nothing_tells_day_from_month_both_are_named() -> None:
    assert time_forms_of(["3/2/2019", "4/5/2019"]) == ["%d/%m/%Y", "%m/%d/%Y"]
    assert time_forms_of(["2/2/2019"]) == ["%d/%m/%Y"]


@pytest.mark.parametrize("values", [[], ["last week"], ["03.02.2019", "never", "unknown"]])
def test_of_no_usual_form_there_is_none(values: list[str]) -> None:
    assert time_forms_of(values) == []


def test_an_encoding_is_what_most_lines_speak_for() -> None:
    umlauts = "für ö".encode()
    assert encoding_of([]) == encoding_of([b"plain", umlauts, umlauts, b"f\xfcr"]) == "utf-8"
    assert encoding_of([b"plain", umlauts, b"f\xfcr", b"sch\xf6n"]) == WINDOWS
