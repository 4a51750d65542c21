"""Recent reviews as they are stored."""

from hypothesis import given
from hypothesis import strategies as st

from stream.measures import P_SCALE
from stream.store.recent import pack, unpack
from stream.store.state import RecentReview
from tests.stream.strategies import text

maybe = st.none() | text


@given(
    st.builds(
        RecentReview,
        event_id=text, product_id=st.just("kettle"), text=text | st.just(""), occurred_ms=st.integers(0, 2**42),
        p_good=st.integers(0, P_SCALE).map(lambda p: p / P_SCALE), title=maybe, rating=st.none() | st.integers(1, 5),
        product_name=maybe, language=maybe, source=maybe, truncated=st.booleans(),
    ),
    st.integers(0, 2**42),
)  # fmt: skip
def test_a_review_comes_back_as_it_was(review: RecentReview, logged_ms: int) -> None:
    packed = pack(logged_ms, review)
    assert int.from_bytes(packed[:6], "big") == logged_ms
    assert unpack(packed, "kettle") == review
