import pytest

from stream.positions import Gap, Positions
from stream.record import Run, Stretch, TopicPartition
from tests.stream.samples import NOON_MS, TP, record, run


def assigned(fence: int) -> Positions:
    positions = Positions()
    positions.assign({TP: [fence]})
    return positions


def at(positions: Positions, first: int, last: int) -> Run:
    return run(first, last, epoch=positions.epochs()[TP])


def test_a_partition_begins_one_after_its_lowest_fence() -> None:
    assert Positions().assign({TP: [41, 17, 99]}) == {TP: 18}


def test_a_partition_of_which_nothing_is_counted_begins_with_its_very_first_offset() -> None:
    positions = Positions()
    assert positions.assign({TP: [-1]}) == {TP: 0}
    with pytest.raises(Gap):
        positions.accept(at(positions, 600, 699))
    expired = Run(TP, positions.epochs()[TP], [], 0, 599, (Stretch(0, 599),))
    assert positions.accept(expired) == expired


def test_what_was_counted_stays_known_when_the_store_has_lost_it() -> None:
    positions, other = Positions(), TopicPartition("aura.reviews", 1)
    positions.assign({TP: [0, 7], other: [-1, 7]})
    assert positions.counted() == [TP]
    dict(positions.items())[other].passed(run(0, 7))
    for _ in range(2):
        positions.seek(TP, [-1, -1])
        positions.assign({TP: [-1, -1], other: [-1, -1]})
        assert positions.counted() == [TP, other]
    positions.revoke([TP])
    assert positions.counted() == [other]


def test_records_read_twice_are_cut_off() -> None:
    positions = assigned(9)
    positions.accept(at(positions, 10, 19))
    accepted = positions.accept(at(positions, 15, 24))
    assert accepted is not None
    assert (accepted.first, accepted.last, [record.offset for record in accepted.records]) == (20, 24, [*range(20, 25)])
    assert positions.accept(at(positions, 10, 24)) is None


def test_what_went_astray_between_two_runs_is_read_again() -> None:
    positions = assigned(9)
    with pytest.raises(Gap) as raised:
        positions.accept(at(positions, 20, 29))
    assert (raised.value.wanted, raised.value.got) == (10, 20)
    assert positions.seek(TP, [9]) == 10
    accepted = positions.accept(at(positions, 10, 29))
    assert accepted is not None
    assert accepted.first == 10


def test_offsets_that_consumers_are_not_given_are_no_gap() -> None:
    positions = assigned(9)
    epoch = positions.epochs()[TP]
    assert positions.accept(Run(TP, epoch, [record(12)], 10, 14)) is not None
    assert positions.accept(Run(TP, epoch, [], 15, 15)) is not None
    accepted = positions.accept(at(positions, 16, 19))
    assert accepted is not None
    assert accepted.first == 16


def test_runs_fetched_before_a_seek_are_dropped() -> None:
    positions = assigned(9)
    old = at(positions, 10, 19)
    positions.seek(TP, [-1])
    assert positions.accept(old) is None
    assert positions.of(old) is None


def test_an_emptied_store_is_read_again_from_the_very_first_offset_so_that_what_expired_is_noticed() -> None:
    positions = assigned(499)
    positions.accept(at(positions, 500, 599))
    assert positions.seek(TP, [-1]) == 0
    with pytest.raises(Gap) as raised:
        positions.accept(at(positions, 600, 699))
    assert (raised.value.wanted, raised.value.got) == (0, 600)
    assert positions.seek(TP, [-1]) == 0
    expired = Run(TP, positions.epochs()[TP], [], 0, 99, (Stretch(0, 99),))
    assert positions.accept(expired) == expired
    accepted = positions.accept(at(positions, 100, 199))
    assert accepted is not None
    assert accepted.first == 100


def test_a_revoked_partition_takes_nothing_more() -> None:
    positions = assigned(9)
    fetched = at(positions, 10, 19)
    positions.revoke([TP])
    assert positions.accept(fetched) is None
    assert TP not in positions


def test_the_oldest_waiting_record_is_known_before_any_is_applied_and_forgotten_once_it_is() -> None:
    positions = assigned(9)
    (position,) = (position for _, position in positions.items())
    position.end = 30
    first, second = at(positions, 10, 19), at(positions, 20, 29)
    positions.accept(first)
    positions.accept(second)
    assert position.waiting_ms == NOON_MS
    for applied, waiting_ms in ((first, NOON_MS), (second, 0)):
        position.passed(applied)
        assert position.waiting_ms == waiting_ms
