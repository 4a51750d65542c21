"""Up to where may be committed, without a Kafka."""

from hypothesis import given
from hypothesis import strategies as st

from stream.bulk.acks import Acks, Handed

TP = ("topic", 0)


def handed(acks: Acks, *after: int) -> list[Handed]:
    messages = [Handed(offset) for offset in after]
    for message in messages:
        acks.hand(TP, message)
    return messages


def test_nothing_is_committed_past_a_message_that_is_still_worked_on() -> None:
    acks = Acks()
    first, second = handed(acks, 10, 25)
    assert (acks.committable(TP), acks.partitions()) == (None, [TP])
    second.acked = True
    assert acks.committable(TP) is None
    first.acked = True
    assert acks.committable(TP) == 25


def test_a_message_from_before_a_seek_counts_for_nothing() -> None:
    acks = Acks()
    (early,) = handed(acks, 10)
    acks.forget([TP])
    (again,) = handed(acks, 10)
    early.acked = True
    assert acks.committable(TP) is None
    again.acked = True
    assert acks.committable(TP) == 10


@given(st.permutations(range(8)))
def test_in_whatever_order_messages_are_done_the_first_that_is_not_is_where_to_go_on(order: list[int]) -> None:
    acks, done = Acks(), set[int]()
    messages = handed(acks, *range(100, 900, 100))
    for number in order:
        messages[number].acked = True
        done.add(number)
        left = min(set(range(9)) - done)
        assert (acks.committable(TP) or 0) == left * 100
