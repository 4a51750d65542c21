"""How letters are shown, and what a hostile one cannot do to a terminal."""

import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from infra.letters.shown import escaped, line, page, printable, summary, table, whole
from tests.stream.letters import letter
from tests.stream.samples import NOON_MS

SECRET = "the lock would not open"
HOSTILE = letter(
    3, field="tenant\x1b[2J", reason="expected\ta\nthing \x9b31m",
    value=b'{"tenant": "\\u001b[31mred", "text": "' + SECRET.encode(),
    key=b"a/\xff\x00", headers=(("trace\x07", b"\x1b]0;owned\x07"), ("none", None)), cut_from_bytes=3_000_000,
)  # fmt: skip


def test_a_line_has_seven_columns_and_no_word_of_what_the_letter_says() -> None:
    columns = line(HOSTILE).split("\t")
    assert columns == [
        "0:3", "2025-06-17T12:00:00.000Z", "tenant\\x1b[2J", "expected\\ta\\nthing \\x9b31m",
        "\\u001b[31mred", "3000000 (cut)", "",
    ]  # fmt: skip
    assert line(letter(replayed_at=NOON_MS)).endswith("\t2025-06-17T12:00:00.000Z")


def test_the_summary_is_json_without_what_the_letter_says() -> None:
    said = json.dumps(summary(HOSTILE))
    assert SECRET not in said
    assert summary(letter(5)) == {
        "id": "0:5", "written_at": "2025-06-17T12:00:00.000Z", "field": "tenant", "reason": "not in the tenants file",
        "tenant": "bank", "bytes": 18, "cut": False, "replayed_at": None,
        "source": {"topic": "aura.reviews", "partition": 0, "offset": 5}, "dead_letter": {"partition": 0, "offset": 5},
    }  # fmt: skip


def test_the_table_shows_markup_as_it_is() -> None:
    console = Console(width=200, force_terminal=False)
    with console.capture() as shown:
        console.print(table([letter(reason="[red]not markup[/red]")]))
    assert "[red]not markup[/red]" in shown.get()


def test_the_page_shows_all_and_nothing_that_a_terminal_obeys() -> None:
    said = page(HOSTILE, "aura.reviews.dead-letters")
    assert SECRET in said
    assert "3,000,000; the topic refused so many, the first" in said
    assert "header none" in said
    assert not [c for c in said if not c.isprintable() and c != "\n"]
    assert "(no value)" in page(letter(value=None), "t")


def test_a_letter_that_lacks_headers_says_so() -> None:
    cut = letter(3, headers=(("trace", b"1"),), cut_from_headers=100_000)
    assert line(cut).split("\t")[5] == "18 (cut)"
    assert "100,000; the first 1 are kept\n" in page(cut, "t")
    assert "the first" not in page(letter(), "t")
    found = whole(cut)
    assert (found["cut"], found["bytes"], found["cut_from_headers"]) == (True, 18, 100_000)


def test_a_letter_as_a_whole_gives_its_bytes_back() -> None:
    found = json.loads(json.dumps(whole(HOSTILE)))
    assert found["value"].encode() == HOSTILE.value
    assert (found["key_base64"], found["headers"][1]) == ("YS//AA==", {"name": "none", "value": None})
    assert whole(letter(value=None))["value"] is None


@given(st.binary(max_size=200))
def test_no_bytes_reach_a_terminal_that_it_would_obey(content: bytes) -> None:
    shown = escaped(content, keep="\n\t")
    assert all(c.isprintable() or c in "\n\t" for c in shown)
    one = letter(value=content, key=content, headers=(("h", content),))
    assert all(c.isprintable() or c in "\n\t" for c in page(one, "t") + line(one))


@given(st.text(max_size=100))
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    assert printable(text) == text or not text.isprintable()
