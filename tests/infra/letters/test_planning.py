"""Which letters a replay sends."""

from pathlib import Path

from infra.letters.planning import NAMED, by_rules_of, named, plan
from stream.event import VERSION_HEADER, encode
from stream.tenants import parse
from tests.stream.letters import letter
from tests.stream.samples import NOON_MS, event

TENANTS = parse(Path("tenants.toml"), b'[[tenants]]\nid = "bank"\nname = "Bank"\n')
GOOD = encode(event(tenant="bank"))


def test_each_record_is_chosen_once_and_what_cannot_be_sent_is_not() -> None:
    found = plan(
        [
            letter(1),
            letter(2, replayed_at=NOON_MS),
            letter(3, cut_from_bytes=3_000_000),
            letter(4, source_offset=1),
            letter(5, value=b"{"),
            letter(6, partition=1),
            letter(7, cut_from_headers=100_000),
        ],
        None,
        lambda letter: "still broken" if letter.value == b"{" else None,
    )
    assert found.chosen == {0: {1}, 1: {6}}
    assert (found.letters, found.replayed, found.repeated, found.cut) == (2, 1, 1, ["0:3", "0:7"])
    assert found.refused == {"still broken": 1}
    assert list(found.sentences("aura.reviews")) == [
        "2 letters to replay into aura.reviews:",
        "          2  tenant: not in the tenants file",
        "1 replayed before, passed over",
        "1 stand there twice, passed over",
        "2 cannot be replayed, as they were too large to be kept whole: 0:3, 0:7",
        "1 would be refused again and stay (--force sends them):",
        "          1  still broken",
    ]


def test_a_record_that_had_the_offset_in_a_topic_made_anew_is_another_one() -> None:
    old = letter(1, source_timestamp=NOON_MS)
    new = letter(2, source_offset=1, source_timestamp=NOON_MS + 1)
    again = letter(3, source_offset=1, source_timestamp=NOON_MS + 1)
    other = letter(4, source_offset=1, value=b"of a letter that does not say when")
    found = plan([old, new, again, other], None, lambda _: None)
    assert (found.chosen, found.repeated) == ({0: {1, 2, 4}}, 1)


def test_a_limit_counts_what_will_be_sent() -> None:
    letters = [letter(n, replayed_at=NOON_MS if n < 5 else None) for n in range(10)]
    assert plan(letters, 2, lambda _: None).chosen == {0: {5, 6}}


def test_the_rules_of_today_say_what_would_only_die_again() -> None:
    refuses = by_rules_of(TENANTS, NOON_MS)
    assert refuses(letter(value=GOOD)) is None
    assert refuses(letter(value=encode(event(tenant="shop")))) == "tenant: not in the tenants file"
    assert refuses(letter(value=GOOD, headers=((VERSION_HEADER, b"9"),))) is not None
    assert refuses(letter(value=None)) is not None
    future = encode(event(tenant="bank", occurred_at=NOON_MS + 3_600_000))
    assert "ahead of the log" in (refuses(letter(value=future)) or "")
    assert by_rules_of(TENANTS, NOON_MS + 3_600_000)(letter(value=future)) is None, "its time has come"


def test_many_are_named_by_their_first() -> None:
    assert named(["0:1", "0:2"]) == "0:1, 0:2"
    assert named([f"0:{n}" for n in range(NAMED + 5)]).endswith(", 0:19 and 5 more")
