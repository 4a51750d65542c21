import pytest

from stream.positions import Gap, Positions
from stream.record import Run, Stretch
from tests.stream.samples import NOON_MS, TP, record, run


def assigned(fence: int) -> Positions:
    positions = Positions()
    positions.assign({TP: [fence]})
    return positions


def at(positions: Positions, first: int, last: int) -> Run:
    return run(first, last, epoch=positions.epochs()[TP])


def test_a_partition_begins_one_after_its_lowest_fence() -> None:
    assert Positions().assign({TP: [41, 17, 99]}) == {TP: 18}


def test_a_partition_without_a_fence_begins_at_its_oldest_record() -> None:
    assert Positions().assign({TP: [-1]}) == {TP: None}


def test_a_fresh_partition_takes_whatever_offset_its_log_begins_with() -> None:
    positions = assigned(-1)
    positions.begin({TP: 5_000})
    accepted = positions.accept(at(positions, 5_000, 5_003))
    assert accepted is not None
    assert accepted.first == 5_000


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


def test_a_run_fetched_before_the_seek_is_not_taken_for_the_beginning() -> None:
    positions = assigned(-1)
    assert positions.accept(at(positions, 600, 699)) is None
    positions.begin({TP: 0})
    assert positions.accept(at(positions, 0, 99)) is not None


def test_a_beginning_that_comes_late_changes_nothing_where_a_fence_is_known() -> None:
    positions = assigned(9)
    positions.begin({TP: 0})
    accepted = positions.accept(at(positions, 0, 19))
    assert accepted is not None
    assert accepted.first == 10


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
