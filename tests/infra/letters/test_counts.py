"""Letters counted by what they have in common."""

from infra.letters.counts import By, count, line, objects
from tests.stream.letters import letter
from tests.stream.samples import NOON_MS

AHEAD = [letter(n, field="occurred_at", reason=f"{n} s ahead", written_ms=NOON_MS + n) for n in (7, 3)]
UNKNOWN = [letter(n, replayed_at=NOON_MS) for n in range(3)]


def test_reasons_that_differ_in_numbers_alone_are_one_and_the_most_frequent_comes_first() -> None:
    found = count([*AHEAD, *UNKNOWN], [By.REASON])
    assert [(parts, one.letters, one.replayed) for parts, one in found] == [
        (("not in the tenants file",), 3, 3),
        (("# s ahead",), 2, 0),
    ]
    assert (found[1][1].first_ms, found[1][1].last_ms) == (NOON_MS + 3, NOON_MS + 7)
    assert count(AHEAD[:1], [By.REASON])[0][0] == ("7 s ahead",), "the only one keeps its number"


def test_letters_are_counted_by_all_that_is_named_in_its_order() -> None:
    by = [By.TENANT, By.FIELD]
    found = count([*AHEAD, *UNKNOWN, letter(value=b"{", key=None)], by)
    assert [parts for parts, _ in found] == [("bank", "tenant"), ("bank", "occurred_at"), ("", "tenant")]
    assert objects(found, by)[1] == {
        "tenant": "bank", "field": "occurred_at", "letters": 2, "replayed": 0,
        "first_at": "2025-06-17T12:00:00.003Z", "last_at": "2025-06-17T12:00:00.007Z",
    }  # fmt: skip
    assert line(*found[1]).split("\t")[0::4] == ["2", "bank"]
