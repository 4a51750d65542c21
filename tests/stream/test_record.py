"""Runs cut and joined: every offset, record and loss is in exactly one part."""

from hypothesis import given
from hypothesis import strategies as st

from stream.record import Run, Stretch
from tests.stream.samples import TP, record


@st.composite
def runs(draw: st.DrawFn) -> Run:
    first = draw(st.integers(0, 50))
    kinds = draw(st.lists(st.sampled_from(["record", "marker", "lost"]), min_size=1, max_size=40))
    records = [record(first + at) for at, kind in enumerate(kinds) if kind == "record"]
    lost = tuple(Stretch(first + at, first + at) for at, kind in enumerate(kinds) if kind == "lost")
    return Run(TP, 1, records, first, first + len(kinds) - 1, lost)


def offsets(run: Run) -> tuple[list[int], list[int]]:
    lost = [offset for stretch in run.lost for offset in range(stretch.first, stretch.last + 1)]
    return [record.offset for record in run.records], lost


@given(runs(), st.data())
def test_two_parts_joined_are_the_whole(run: Run, data: st.DataObject) -> None:
    cut = data.draw(st.integers(run.first - 1, run.last))
    first, rest = run.part(run.first, cut), run.part(cut + 1, run.last)
    assert first.joined(rest) == run


@given(runs(), st.data())
def test_a_split_gives_as_many_records_as_asked_for(run: Run, data: st.DataObject) -> None:
    if len(run) > 1:
        count = data.draw(st.integers(1, len(run) - 1))
        first, rest = run.split(count)
        assert (len(first), len(rest)) == (count, len(run) - count)
        assert (first.first, first.last + 1, rest.last) == (run.first, rest.first, run.last)
        assert [a + b for a, b in zip(offsets(first), offsets(rest), strict=True)] == list(offsets(run))


def test_a_loss_that_is_cut_through_is_in_both_parts() -> None:
    run = Run(TP, 1, [], 0, 99, (Stretch(10, 89),))
    assert run.part(0, 49).lost == (Stretch(10, 49),)
    assert run.part(50, 99).lost == (Stretch(50, 89),)
    assert run.part(90, 99).lost == ()
