import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.data.labelled import LABELS
from models.runtime import keras
from models.tuning.objective import OBJECTIVES, measure, undefined


def answers(classes: int, rows: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    truth = chance.integers(classes, size=rows)
    sums = chance.normal(size=(rows, classes)) + np.eye(classes)[truth]
    return truth.astype(np.intp), np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)


def test_multi_label_auc_is_keras_apart_from_its_thresholds() -> None:
    truth, told = answers(5)
    metric = keras.metrics.AUC(multi_label=True, num_labels=5, num_thresholds=5000)
    metric.update_state(np.eye(5)[truth], told)
    found = measure(truth, told, LABELS["stars"])["multi-label-auc"]
    assert found == pytest.approx(float(metric.result()), abs=1e-3)


def test_good_and_bad_have_one_auc() -> None:
    truth, told = answers(2)
    found = measure(truth, told, LABELS["bad"])
    assert found["multi-label-auc"] == found["roc-auc"] == pytest.approx(roc_auc_score(truth, told[:, 1]))


def test_stars_tell_bad_by_the_sum_of_the_first_three() -> None:
    truth, told = answers(5)
    found = measure(truth, told, LABELS["stars"])
    assert found["roc-auc"] == pytest.approx(roc_auc_score(truth < 3, told[:, :3].sum(axis=1)))
    assert set(found) == set(OBJECTIVES)
    assert found["loss"] == pytest.approx(-np.log(told[np.arange(len(truth)), truth]).mean())
    assert found["accuracy"] == pytest.approx((told.argmax(axis=1) == truth).mean())


def test_a_missing_class_is_told_before_anything_is_trained() -> None:
    labels = LABELS["stars"]
    assert undefined("multi-label-auc", np.array([0, 1, 3, 4]), labels) == (
        "the validation part has no review of class 3, against which others are told apart"
    )
    assert undefined("multi-label-auc", np.arange(5), labels) is None
    assert undefined("roc-auc", np.array([0, 2]), labels) is not None
    assert undefined("roc-auc", np.array([2, 3]), labels) is None
    assert undefined("loss", np.array([3]), labels) is None


def test_no_numbers_are_no_probabilities() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        measure(np.array([0, 1]), np.full((2, 2), np.nan), LABELS["bad"])


def test_less_loss_is_better_and_of_equals_the_first() -> None:
    assert OBJECTIVES["loss"].best([0.5, 0.2, 0.2]) == 1
    assert OBJECTIVES["macro-f1"].best([0.5, 0.7, 0.7]) == 1
