import pytest

from stream.positions import Gap, Positions
from stream.record import Run
from tests.stream.samples import TP, run


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
    accepted, skipped = positions.accept(at(positions, 5_000, 5_003))
    assert accepted is not None
    assert (accepted.first, skipped) == (5_000, 0)


def test_records_read_twice_are_cut_off() -> None:
    positions = assigned(9)
    positions.accept(at(positions, 10, 19))
    accepted, _ = positions.accept(at(positions, 15, 24))
    assert accepted is not None
    assert (accepted.first, accepted.last) == (20, 24)
    assert positions.accept(at(positions, 10, 24)) == (None, 0)


def test_missing_offsets_are_read_again_before_they_are_believed() -> None:
    positions = assigned(9)
    with pytest.raises(Gap) as raised:
        positions.accept(at(positions, 20, 29))
    assert (raised.value.wanted, raised.value.got) == (10, 20)
    positions.seek(TP, [9])
    accepted, skipped = positions.accept(at(positions, 20, 29))
    assert accepted is not None
    assert skipped == 10


def test_a_gap_that_the_second_reading_fills_loses_nothing() -> None:
    positions = assigned(9)
    with pytest.raises(Gap):
        positions.accept(at(positions, 20, 29))
    positions.seek(TP, [9])
    accepted, skipped = positions.accept(at(positions, 10, 29))
    assert accepted is not None
    assert (accepted.first, skipped) == (10, 0)


def test_runs_fetched_before_a_seek_are_dropped() -> None:
    positions = assigned(9)
    old = at(positions, 10, 19)
    positions.seek(TP, [-1])
    assert positions.accept(old) == (None, 0)
    assert positions.of(old) is None


def test_an_emptied_store_takes_no_run_for_the_log_s_beginning_that_was_fetched_before_the_seek() -> None:
    positions = assigned(499)
    positions.accept(at(positions, 500, 599))
    assert positions.seek(TP, [-1]) is None
    assert positions.accept(at(positions, 600, 699)) == (None, 0)
    positions.begin({TP: 0})
    with pytest.raises(Gap) as raised:
        positions.accept(at(positions, 700, 799))
    assert (raised.value.wanted, raised.value.got) == (0, 700)
    accepted, skipped = positions.accept(at(positions, 0, 99))
    assert accepted is not None
    assert (accepted.first, skipped) == (0, 0)


def test_a_beginning_that_comes_late_changes_nothing_where_a_fence_is_known() -> None:
    positions = assigned(9)
    positions.begin({TP: 0})
    accepted, _ = positions.accept(at(positions, 0, 19))
    assert accepted is not None
    assert accepted.first == 10


def test_a_revoked_partition_takes_nothing_more() -> None:
    positions = assigned(9)
    fetched = at(positions, 10, 19)
    positions.revoke([TP])
    assert positions.accept(fetched) == (None, 0)
    assert TP not in positions
