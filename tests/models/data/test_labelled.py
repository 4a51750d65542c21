import numpy as np
import pytest

from models.data.labelled import LABELS, TEN_POINTS, TaskError, targets
from tests.models.samples import labelled


def test_a_target_is_the_position_of_its_label() -> None:
    rows = labelled(["a", "b", "c"], scores=[1, 3, 4])
    assert [LABELS["bad"][number] for number in targets(rows, "bad")] == ["bad", "bad", "good"]
    assert [LABELS["stars"][number] for number in targets(rows, "stars")] == ["1", "3", "4"]


@pytest.mark.parametrize("score", [0, 6, 2.5])
def test_ratings_that_are_no_stars_are_counted(score: float) -> None:
    rows = labelled(["a", "b", "c"], scores=[5, score, 1])
    assert targets(rows, "bad").tolist() == [0, int(score < 4), 1]
    with pytest.raises(TaskError, match="1 of 3 rows have others"):
        targets(rows, "stars")


def test_ten_points_have_no_stars() -> None:
    with pytest.raises(TaskError, match="2 of 2 rows"):
        targets(labelled(["a", "b"], scores=[1, 2])._replace(scale=TEN_POINTS), "stars")


def test_rows_are_taken_with_all_they_carry() -> None:
    rows = labelled(["a", "b", "c"], scores=[1, 2, 5], product=["x", "y", "z"], time_ms=[7, 8, 9])
    taken = rows._replace(official=np.array(["train", "train", "test"])).take(np.array([2, 0]))
    assert [review.text for review in taken.reviews] == ["c", "a"]
    assert taken.stars.tolist() == [5, 1]
    assert taken.product == ["z", "x"]
    assert taken.time_ms is not None
    assert taken.time_ms.tolist() == [9, 7]
    assert taken.official is not None
    assert taken.official.tolist() == ["test", "train"]
