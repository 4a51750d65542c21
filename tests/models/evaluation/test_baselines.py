import numpy as np

from models.evaluation.baselines import BALANCED, FOLDS, MAJORITY, TFIDF, baselines, cross_fitted

TEXTS = ["works very well", "very well made", "works well", "broke at once", "it broke", "works fine and well"]
TRUTH = np.array([0, 0, 0, 1, 1, 0])


def test_each_baseline_answers_with_probabilities() -> None:
    found = dict(baselines(TEXTS, TRUTH, ["it broke", "works well"], 2))
    assert list(found) == [MAJORITY, TFIDF, BALANCED]
    assert np.allclose(found[MAJORITY], [[4 / 6, 2 / 6]] * 2)
    for name in (TFIDF, BALANCED):
        assert np.allclose(found[name].sum(axis=1), 1)
        assert found[name][0, 1] > found[name][1, 1]
    # Weighted up, the rarer class gets more.
    assert np.all(found[BALANCED][:, 1] > found[TFIDF][:, 1])


def test_a_class_without_training_rows_has_probability_zero() -> None:
    found = dict(baselines(TEXTS, TRUTH * 4, ["it broke"], 5))
    assert all(answers.shape == (1, 5) for answers in found.values())
    assert found[TFIDF][0, 1:4].tolist() == [0, 0, 0]


def test_where_nothing_can_be_fitted_the_majority_stands_alone() -> None:
    assert [name for name, _ in baselines(TEXTS, np.zeros(6, np.intp), ["it broke"], 2)] == [MAJORITY]
    assert [name for name, _ in baselines(["one", "two"], np.array([0, 1]), ["one"], 2)] == [MAJORITY]


def test_no_row_is_answered_by_a_fit_on_its_own_group() -> None:
    # Within a group all texts are one word of its own, and the rows' classes are of one kind: who has seen a group
    # knows its class, who has not knows nothing of its word.
    groups = np.repeat(np.arange(10), 4)
    truth = groups % 2
    found = dict(cross_fitted([f"word{group}" for group in groups], truth, groups, 2))
    assert list(found) == [MAJORITY, TFIDF, BALANCED]
    assert np.allclose(found[MAJORITY], 0.5)
    assert np.allclose(found[BALANCED], 0.5, atol=0.05)
    words_of_all = dict(cross_fitted([f"word{group}" for group in groups], truth, np.arange(40), 2))
    assert np.array_equal(np.argmax(words_of_all[TFIDF], axis=1), truth)


def test_answers_of_all_folds_stand_in_the_order_of_the_rows() -> None:
    truth = np.arange(50) % 2
    texts = [f"{'broke' if bad else 'works'} number{row}" for row, bad in enumerate(truth)]
    found = dict(cross_fitted(texts, truth, np.arange(50), 2))
    assert np.allclose(found[TFIDF].sum(axis=1), 1)
    assert np.array_equal(np.argmax(found[TFIDF], axis=1), truth)


def test_too_few_groups_leave_the_majority() -> None:
    truth = np.array([0, 1] * 4)
    assert [name for name, _ in cross_fitted(["one"] * 8, truth, np.arange(8) % (FOLDS - 1), 2)] == [MAJORITY]
