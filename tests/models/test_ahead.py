import threading

import pytest

from models.ahead import one_ahead


def test_each_result_is_made_while_the_one_before_is_used() -> None:
    started = [threading.Event() for _ in range(6)]

    def make(number: int) -> int:
        started[number].set()
        return number * number

    found = []
    for number, result in enumerate(one_ahead(make, range(5))):
        found.append(result)
        if number < 4:
            assert started[number + 1].wait(60)
        assert not started[min(number + 2, 5)].is_set(), "more than one ahead"
    assert found == [0, 1, 4, 9, 16]


def test_no_items_give_no_results_and_faults_come_through() -> None:
    assert list(one_ahead(len, [])) == []
    with pytest.raises(ValueError, match="two"):
        list(one_ahead(int, ["1", "two"]))
