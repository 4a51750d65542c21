"""What an audit prints."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from infra.audit_report import SHOWN, Report
from stream.ledger import ALL_MODELS, Beginning, Difference
from stream.proof import Verdict
from stream.record import Stretch, TopicPartition
from stream.store.lost import Lost
from tests.stream.samples import NOON_MS

TOTALS = Difference.of(0, "shop/kettle", (3, 2, 2_100_000, 0, 0, 0, 0, 1, NOON_MS, NOON_MS), (2, 2) + (0,) * 8)
BUCKET = Difference.of(1, "shop", (5, 4, 9, 0, 0, 0, 0), (5, 4, 9, 1, 0, 0, 0), "1h", NOON_MS)


def report(*differences: Difference, others: tuple[str, ...] = (), beyond: int = 0, **found: Any) -> Report:
    counts: dict[str, Any] = {"records": 7, "entities": 2, "compared": 9, "begins": {}}
    counts |= dict.fromkeys(("left_out", "ended", "at_border"), 0) | found
    return Report(
        Verdict(not differences, "2 differences" if differences else "equal"),
        SimpleNamespace(**counts),  # type: ignore[arg-type]
        list(differences),
        [],
        beyond,
        [Lost(TopicPartition("aura.reviews", 3), Stretch(10, 19), NOON_MS)],
        list(others),
    )


def test_a_difference_names_what_differs_and_nothing_else() -> None:
    totals, bucket, others, *_, last = report(TOTALS, BUCKET, others=("old",)).sentences()
    assert totals == (
        "tenant shop, product kettle, totals: reviews 3 in the log, 2 in Redis; p_good 2.100000 in the log, 0.000000 "
        "in Redis; late 1 in the log, 0 in Redis; first_ms 2025-06-17T12:00:00.000Z in the log, none in Redis; last_ms "
        "2025-06-17T12:00:00.000Z in the log, none in Redis"
    )
    assert bucket == "tenant shop, all products, hour 2025-06-17T12:00:00.000Z: rated 0 in the log, 1 in Redis"
    assert others == "Redis has fences of old too: what it counted of these is in the same totals"
    assert last == "2 differences: 7 records; 9 totals and buckets compared of 2 products and tenants"


def test_a_difference_is_safe_to_print_whatever_the_store_was_made_to_hold() -> None:
    hostile = Difference.of(0, "shop/\x1b[2J", (1,) * 10, (*(1,) * 9, 1 << 62))
    sentence, *_ = report(hostile).sentences()
    assert sentence == (
        "tenant shop, product \\x1b[2J, totals: last_ms 1970-01-01T00:00:00.001Z in the log, "
        "4611686018427387904 in Redis"
    )


def test_many_differences_are_counted() -> None:
    sentences = list(report(*[BUCKET] * (SHOWN + 3)).sentences())
    assert sentences[SHOWN] == "... and 3 more"


def test_whatever_is_no_part_of_the_proof_is_said() -> None:
    begins = {0: Beginning(40, NOON_MS), 1: Beginning(9, NOON_MS, emptied=True)}
    lost, log, ended, beyond, last = report(beyond=1_200, begins=begins, left_out=4, ended=3).sentences()
    assert "never read: partition 3, offsets 10-19 (10)" in lost
    assert "partition 0 at offset 40 (2025-06-17T12:00:00.000Z), partition 1 at offset 9 (nothing is left)" in log
    assert "Totals and 4 buckets that may hold reviews from before are left out" in log
    assert ended.startswith("left out are 3 buckets whose life in Redis is over")
    assert beyond == "1,200 records of the log are past what Redis has counted, and not judged"
    assert last.startswith("equal: ")


def test_reviews_at_the_border_are_told_where_there_are_any() -> None:
    assert not any("border" in sentence for sentence in report().sentences())
    assert "at the border are 3 reviews whose P(good) is 0.5 to within 1 millionth" in " ".join(
        report(at_border=3).sentences()
    )
    assert report(at_border=3).as_json()["at_border"] == 3


def test_tenants_that_are_not_judged_or_not_proven_are_named() -> None:
    found = replace(report(), strangers={"wine", "bank"}, unproven={"shop": "films@1 is gone"})
    assert (found.as_json()["not_judged"], found.as_json()["not_proven"]) == (
        ["bank", "wine"], {"shop": "films@1 is gone"},
    )  # fmt: skip
    sentences = list(found.sentences())
    assert "tenant shop is not proven: films@1 is gone" in sentences
    (strangers,) = [sentence for sentence in sentences if "not judged" in sentence]
    assert strangers.startswith("not judged: bank, wine. Redis has reviews of tenants that the tenants file does not ")
    many = replace(found, strangers={f"t{number}" for number in range(SHOWN + 2)})
    assert any(" and 2 more. " in sentence for sentence in many.sentences())


def test_tenures_that_are_lost_are_told_as_such() -> None:
    sentence, *_ = report(Difference.of(0, "shop", (58,), (8,), tenure=ALL_MODELS)).sentences()
    assert sentence == "tenant shop, all products: Redis no longer says which model counted 50 of 58 reviews"


def test_the_json_names_tenant_product_counts_and_times() -> None:
    answer = report(TOTALS, BUCKET, beyond=5).as_json()
    assert (answer["equal"], answer["beyond"], answer["ended"]) == (False, 5, 0)
    totals, bucket = answer["differences"]
    assert (totals["tenant"], totals["product_id"], totals["step"], totals["start"]) == ("shop", "kettle", None, None)
    assert (totals["log"]["reviews"], totals["store"]["reviews"], totals["log"]["last_ms"]) == (3, 2, NOON_MS)
    assert (bucket["product_id"], bucket["step"], bucket["start"]) == (None, "1h", "2025-06-17T12:00:00.000Z")
    assert bucket["store"] == {
        "reviews": 5, "good": 4, "p_good": 9, "rated": 1, "rating_sum": 0, "rated_bad": 0, "agree": 0,
    }  # fmt: skip
