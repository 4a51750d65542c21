"""Recent reviews as they are stored."""

from hypothesis import given
from hypothesis import strategies as st

from stream.event import ReviewEvent
from stream.fold import RECENT_TEXT_CHARS, Scored, recent_review
from stream.measures import P_SCALE
from stream.store.recent import unpack
from stream.store.recent_packing import pack
from tests.stream.strategies import text

maybe = st.none() | text
events = st.builds(
    ReviewEvent,
    event_id=text, tenant=st.just("shop"), product_id=st.just("kettle"), occurred_at=st.integers(10**11, 2**42),
    text=text | st.just("") | text.map(lambda some: some * RECENT_TEXT_CHARS), title=maybe, product_name=maybe,
    rating=st.none() | st.integers(1, 5), language=maybe, source=maybe,
)  # fmt: skip


@given(st.lists(st.builds(Scored, events, st.integers(0, P_SCALE), st.integers(0, 2**42)), max_size=4))
def test_reviews_come_back_as_they_were(written: list[Scored]) -> None:
    now_ms = 2**41
    packed = pack(written, now_ms)
    assert [int.from_bytes(one[:6], "big") for one in packed] == [min(one.logged_ms, now_ms) for one in written]
    assert [unpack(one, "kettle") for one in packed] == list(map(recent_review, written))
