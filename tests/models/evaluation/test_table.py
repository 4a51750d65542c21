import pytest

from models.evaluation.figures import measure
from models.evaluation.table import Candidate, table
from tests.models.evaluation.samples import STARS, noisy

ROWS = noisy(200, STARS, seed=1)
WORSE = noisy(200, STARS, seed=2).probabilities


def test_each_line_has_its_figures_and_what_separates_it_from_the_first() -> None:
    first, second, same = table(
        ROWS.truth,
        [
            Candidate("ours", "model", ROWS.probabilities),
            Candidate("theirs", "baseline", WORSE),
            Candidate("again", "model", ROWS.probabilities),
        ],
        STARS,
        seed=1,
        resamples=100,
    )
    assert first.versus is None
    assert (first.name, second.name, second.kind, second.rows) == ("ours", "theirs", "baseline", 200)
    expected = measure(ROWS.truth, WORSE, STARS)
    assert second.confusion == expected.confusion
    assert {name: figure.value for name, figure in second.figures.items()} == expected.values
    assert second.versus is not None
    less = second.versus.differences["accuracy"]
    assert less.value == pytest.approx((expected.values["accuracy"] or 0) - (first.figures["accuracy"].value or 0))
    assert less.high is not None
    assert less.high < 0
    only = second.versus.mcnemar.only_first, second.versus.mcnemar.only_second
    assert (only[1] - only[0]) / 200 == pytest.approx(less.value)
    assert same.versus is not None
    assert same.versus.mcnemar.p == 1
