"""Recent reviews as they are stored."""

from hypothesis import given
from hypothesis import strategies as st

from stream.measures import P_SCALE
from stream.store.recent import unpack
from stream.store.recent_packing import pack
from stream.store.state import RecentReview
from tests.stream.strategies import text

maybe = st.none() | text


reviews = st.builds(
    RecentReview,
    event_id=text, product_id=st.just("kettle"), text=text | st.just(""), occurred_ms=st.integers(0, 2**42),
    p_good=st.integers(0, P_SCALE).map(lambda p: p / P_SCALE), title=maybe, rating=st.none() | st.integers(1, 5),
    product_name=maybe, language=maybe, source=maybe, truncated=st.booleans(),
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2**42), reviews), max_size=4))
def test_reviews_come_back_as_they_were(written: list[tuple[int, RecentReview]]) -> None:
    packed = pack(written)
    assert [(int.from_bytes(one[:6], "big"), unpack(one, "kettle")) for one in packed] == written
