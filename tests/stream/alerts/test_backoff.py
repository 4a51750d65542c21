"""When a delivery is tried again."""

from hypothesis import given
from hypothesis import strategies as st

from stream.alerts.backoff import ATTEMPTS, FIRST_SECONDS, LONGEST_SECONDS, LONGEST_WISH_SECONDS, pause


@given(st.integers(1, ATTEMPTS), st.floats(0, 1))
def test_pauses_double_and_chance_takes_at_most_half(attempts: int, chance: float) -> None:
    whole = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (attempts - 1))
    assert whole / 2 <= pause(attempts, chance, None) <= whole


@given(st.integers(1, ATTEMPTS), st.floats(0, 1), st.floats(0, 1e9))
def test_what_the_receiver_asks_for_is_respected_up_to_an_hour(attempts: int, chance: float, wish: float) -> None:
    assert pause(attempts, chance, wish) == max(pause(attempts, chance, None), min(wish, LONGEST_WISH_SECONDS))


def test_a_delivery_is_tried_for_some_three_hours() -> None:
    hours = [sum(pause(attempt, chance, None) for attempt in range(1, ATTEMPTS)) / 3_600 for chance in (0, 1)]
    assert 1.5 < hours[0] < hours[1] < 4
