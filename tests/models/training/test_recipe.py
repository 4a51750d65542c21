import msgspec
import pytest

from models.architectures.errors import InvalidHyperparameters, UnknownArchitecture
from models.architectures.registry import ARCHITECTURES
from models.training.recipe import Recipe, recipe


@pytest.mark.parametrize(
    ("name", "task", "validation", "rate", "words"),
    [
        ("cnn-lstm", "bad", 0.1, 1e-3, 20_000),
        ("imdb-lstm", "bad", 0.2, 1e-3, 10_000),
        ("lstm-2", "stars", 0.1, 1e-3, 5_000),
        ("gru-1", "stars", 0.1, 1e-2, 5_000),
        ("gru-app", "stars", 0.1, 1e-3, 5_000),
    ],
)
def test_an_architecture_brings_its_own(name: str, task: str, validation: float, rate: float, words: int) -> None:
    found = recipe(name)
    assert (found.task, found.validation, found.fitting.learning_rate) == (task, validation, rate)
    assert found.preprocessing.num_words == words
    assert (found.fitting.epochs, found.fitting.batch_size, found.fitting.optimizer) == (5, 64, "adam")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_recipe_survives_its_json(name: str) -> None:
    found = recipe(name)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Recipe) == found


def test_changes_reach_each_part() -> None:
    found = recipe(
        "lstm-2",
        task="bad",
        hyperparameters={"units": [8, 16]},
        preprocessing={"length": 30, "inputs": ["title", "text"]},
        fitting={"epochs": 7, "class_weights": "balanced"},
        split="stratified",
    )
    assert found.labels == ("good", "bad")
    assert (found.hyperparameters["units"], found.hyperparameters["embedding"]) == ([8, 16], 100)
    assert (found.preprocessing.length, found.preprocessing.inputs) == (30, ("title", "text"))
    assert (found.preprocessing.stop_words, found.preprocessing.pad) == ("removed", "front")
    assert (found.fitting.epochs, found.fitting.class_weights, found.split) == (7, "balanced", "stratified")


def test_reviews_are_learned_without_titles_only_where_titles_are_read() -> None:
    assert recipe("wide-deep").untitled == 0
    assert recipe("wide-deep", untitled=0.5).untitled == 0.5
    with pytest.raises(msgspec.ValidationError, match=r"untitled is 0\.5, but titles are not read"):
        recipe("wide-deep", untitled=0.5, preprocessing={"inputs": ["text"]})
    for outside in (-0.1, 1.1):
        with pytest.raises(msgspec.ValidationError, match=r"\$\.untitled"):
            recipe("wide-deep", untitled=outside)


def test_a_recipe_of_before_knew_of_titles_alone() -> None:
    found = recipe("wide-deep")
    before = msgspec.json.decode(msgspec.json.encode(found))
    del before["untitled"]
    assert msgspec.convert(before, Recipe) == found


def test_what_it_cannot_be_is_refused() -> None:
    with pytest.raises(UnknownArchitecture):
        recipe("abacus")
    with pytest.raises(InvalidHyperparameters, match="unknown field `heads`"):
        recipe("gru-1", hyperparameters={"heads": 8})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.fitting\.epochs"):
        recipe("gru-1", fitting={"epochs": 0})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.preprocessing\.length"):
        recipe("gru-1", preprocessing={"length": 0})
