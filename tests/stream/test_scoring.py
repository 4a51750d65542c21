"""What becomes of reviews that a classifier fails on, and of a classifier that fails."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.classifier import ReviewLike
from stream import scoring
from stream.fold import Keep
from stream.scoring import ClassifierFailed, House, Processed, score
from tests.stream.samples import FakeRecord, WordClassifier, record, run
from tests.stream.test_pipeline import run_of

HOUSES = {"shop": House("words", Keep(0, 0))}


class Watched(WordClassifier):
    """Counts its calls, and asks ``breaks`` before each whether to raise."""

    def __init__(self, breaks: Callable[[int, Sequence[ReviewLike]], bool] = lambda *_: False) -> None:
        self.calls = 0
        self._breaks = breaks

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        self.calls += 1
        if self._breaks(self.calls, reviews):
            raise RuntimeError("out of memory")
        return super().predict(reviews)


def scored(records: list[FakeRecord], classifier: Any) -> Processed:
    (result,) = score([run_of(*records)], HOUSES, {"words": classifier})
    return result


def buried(result: Processed) -> list[int]:
    return [letter.record.offset for letter in result.dead]


@pytest.mark.parametrize("poison", [[613], [0, 999], [500, 501], list(range(0, 1_000, 100))])
def test_poison_stands_alone_in_the_dead_letters_and_the_rest_counts(poison: list[int]) -> None:
    result = scored([record(i, text="poison" if i in poison else "fine") for i in range(1_000)], WordClassifier())
    assert buried(result) == poison
    assert len(result.scored) == 1_000 - len(poison)
    assert "failed on this review" in result.dead[0].reason


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_batch_of_nothing_but_poison_is_buried_since_the_classifier_reads_a_plain_sentence(count: int) -> None:
    assert buried(scored([record(i, text="poison") for i in range(count)], WordClassifier())) == list(range(count))


@pytest.mark.parametrize("count", [1, 1_000])
def test_a_classifier_that_fails_on_a_plain_sentence_too_is_asked_no_further_and_buries_nothing(count: int) -> None:
    classifier = Watched(lambda *_: True)
    with pytest.raises(ClassifierFailed, match=r"words fails on every review.*RuntimeError"):
        scored([record(i) for i in range(count)], classifier)
    assert classifier.calls == 2


def test_a_classifier_that_breaks_while_the_poison_is_looked_for_buries_nothing() -> None:
    classifier = Watched(lambda calls, _: calls > 4)
    with pytest.raises(ClassifierFailed):
        scored([record(i, text="poison" if i == 7 else "fine") for i in range(64)], classifier)


def test_a_passing_fault_costs_no_review() -> None:
    classifier = Watched(lambda calls, reviews: calls == 1)
    result = scored([record(0)], classifier)
    assert (buried(result), len(result.scored)) == ([], 1)


def test_a_classifier_that_cannot_take_large_batches_still_scores_every_review() -> None:
    result = scored([record(i) for i in range(100)], Watched(lambda _, reviews: len(reviews) > 10))
    assert (buried(result), len(result.scored)) == ([], 100)


def test_the_search_for_poison_ends_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "HALVING_SECONDS", -1.0)
    with pytest.raises(ClassifierFailed, match="not enough"):
        score([run(0, 63, text="poison")], HOUSES, {"words": Watched()})  # type: ignore[dict-item]


class Rater:
    """Gives two stars to what says "bad", else five, and is never certain."""

    manifest = SimpleNamespace(name="rater", labels=("1", "2", "3", "4", "5"))
    digest = "0" * 12
    device = "test"

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        bad, good = [0.1, 0.5, 0.2, 0.15, 0.05], [0.05, 0.05, 0.1, 0.2, 0.6]
        return np.array([bad if "bad" in review.text else good for review in reviews], np.float32)


def test_a_classifier_of_stars_counts_by_its_probability_of_four_and_five() -> None:
    result = scored([record(0, text="fine"), record(1, text="bad")], Rater())
    assert [review.p_good for _, review in result.scored] == [800_000, 200_000]
