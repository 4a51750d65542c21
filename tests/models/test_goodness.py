import numpy as np
import pytest

from models.data.labelled import LABELS
from models.goodness import p_good


def test_good_is_the_first_of_two_columns_and_the_last_two_of_five() -> None:
    two, five = np.array([[0.25, 0.75]], np.float32), np.array([[0.125, 0.25, 0.125, 0.375, 0.125]], np.float32)
    assert p_good(two, LABELS["bad"]) == pytest.approx([0.25])
    assert p_good(five, LABELS["stars"]) == pytest.approx([0.5])


def test_good_is_never_more_than_certain() -> None:
    rounded = np.array([[0, 0, 0, 0.6, np.nextafter(np.float32(0.4), np.float32(1))]], np.float32)
    assert p_good(rounded, LABELS["stars"])[0] == 1.0


def test_labels_of_no_task_have_no_good() -> None:
    with pytest.raises(KeyError):
        p_good(np.ones((1, 2), np.float32), ("bad", "good"))
