import numpy as np

from models.evaluation.mistakes import TEXT_CHARS, shortened, worst
from tests.models.evaluation.samples import STARS, noisy

LABELS = ("good", "bad")
TRUTH = np.array([0, 1, 1, 0])
PROBABILITIES = np.array([[0.4, 0.6], [0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])


def test_the_surest_wrong_answers_come_first() -> None:
    found = worst(TRUTH, PROBABILITIES, LABELS, ["w", "x", "y", "z"])
    assert [(m.row, m.truth, m.answer, m.of_truth, m.text) for m in found] == [
        (1, "bad", "good", 0.1, "x"),
        (3, "good", "bad", 0.3, "z"),
        (0, "good", "bad", 0.4, "w"),
    ]
    assert found[0].probability == 0.9


def test_no_more_than_asked_for_and_no_texts_where_they_are_left_out() -> None:
    rows = noisy(500, STARS, seed=1)
    found = worst(rows.truth, rows.probabilities, STARS, None, most=7)
    assert len(found) == 7
    assert all(mistake.text is None for mistake in found)


def test_a_text_is_one_line_of_limited_length() -> None:
    assert shortened(" two\n lines ") == "two lines"
    assert shortened("x" * TEXT_CHARS) == "x" * TEXT_CHARS
    assert shortened("x" * (TEXT_CHARS + 1)) == "x" * (TEXT_CHARS - 1) + "…"
