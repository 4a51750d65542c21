from stream import uncounted
from stream.deadletter import DeadLetter
from stream.event import encode
from stream.record import Stretch
from stream.store.keys import shard_of
from tests.stream.samples import TP, FakeRecord, event

PRODUCTS = {shard_of("shop", name, 2): name for name in ("kettle", "lamp", "chair", "desk")}


def letter(offset: int, shard: int) -> DeadLetter:
    return DeadLetter(TP, FakeRecord(offset, encode(event(product_id=PRODUCTS[shard]))), "tenant", "unknown")


def test_a_letter_is_judged_by_the_fence_of_the_shard_that_would_have_counted_its_record() -> None:
    dead = [letter(9, 0), letter(9, 1), letter(12, 0), letter(12, 1), letter(15, 0), letter(15, 1)]
    left = uncounted.letters(dead, [14, 9])
    assert left == [letter(12, 1), letter(15, 0), letter(15, 1)]


def test_what_is_no_event_belongs_to_no_shard_and_is_refused_while_one_lacks_it() -> None:
    junk = [DeadLetter(TP, FakeRecord(offset, b"junk"), "", "not JSON") for offset in (9, 12, 15)]
    assert uncounted.letters(junk, [14, 9]) == junk[1:]


def test_lost_is_what_lies_beyond_the_lowest_fence() -> None:
    gaps = [Stretch(0, 9), Stretch(8, 12), Stretch(14, 19)]
    assert uncounted.stretches(gaps, [14, 9]) == [Stretch(10, 12), Stretch(14, 19)]
    assert uncounted.stretches(gaps, [30]) == []
