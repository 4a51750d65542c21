import pytest

from models.architectures.registry import ARCHITECTURES
from models.training.recipe import recipe
from models.tuning.space import DROPOUTS, LEARNING_RATES, UNITS, SpaceError, space_of


def values(architecture: str, **changes: object) -> dict[str, tuple[float, ...]]:
    how = recipe(architecture)
    return {each.name: each.values for each in space_of(how, **changes).dimensions}  # type: ignore[arg-type]


def test_the_published_space_has_units_and_dropout_of_each_layer_and_the_learning_rate() -> None:
    assert values("lstm-2") == {
        "units_1": UNITS, "units_2": UNITS,
        "dropouts_1": DROPOUTS, "dropouts_2": DROPOUTS, "dropouts_3": DROPOUTS,
        "learning_rate": LEARNING_RATES,
    }  # fmt: skip
    assert (UNITS[0], UNITS[-1]) == (8, 512)
    assert (DROPOUTS[0], DROPOUTS[-1]) == (0, 0.4)
    assert (LEARNING_RATES[0], LEARNING_RATES[-1]) == (1e-5, 1e-2)
    assert space_of(recipe("lstm-2")).size == 7**2 * 5**3 * 4


@pytest.mark.parametrize("name", ["lstm-2", "gru-1", "gru-2", "gru-4"])
def test_each_published_optimum_is_a_point_of_the_published_space(name: str) -> None:
    optimum = recipe(name, preset="published")
    space = space_of(recipe(name))
    assert space.applied(recipe(name), space.nearest(optimum)) == optimum


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_every_network_can_be_tuned_and_its_own_sizes_are_a_point(name: str) -> None:
    own = recipe(name)
    space = space_of(own)
    assert space.applied(own, space.nearest(own)) == own
    assert {"learning_rate"} < {each.field for each in space.dimensions}


def test_a_network_of_one_layer_has_no_numbers_in_its_names() -> None:
    assert list(values("gru-1")) == ["units", "dropouts_1", "dropouts_2", "learning_rate"]
    assert values("imdb-lstm")["units"] == (8, 16, 32, 64, 100, 128, 256, 512)


def test_what_is_set_is_not_searched_and_other_numbers_can_be() -> None:
    found = values(
        "lstm-2", fixed=["dropouts", "learning_rate"], searched={"units": [48, 24], "batch_size": [64, 32, 32]}
    )
    assert found == {"units_1": (24, 48), "units_2": (24, 48), "batch_size": (32, 64)}


def test_a_point_stands_in_the_recipe_and_leaves_the_one_it_came_from_alone() -> None:
    how = recipe("gru-2")
    space = space_of(how, searched={"embedding": [50, 100]})
    point = space.nearest(how) | {"units_2": 512, "dropouts_1": 0.4, "learning_rate": 1e-5, "embedding": 50}
    found = space.applied(how, point)
    assert found.hyperparameters == {"embedding": 50, "units": [8, 512], "dropouts": [0.4, 0.0, 0.2]}
    assert found.fitting.learning_rate == 1e-5
    assert how == recipe("gru-2")
    assert space.written(point)["units"] == "8,512"
    assert space.written(point)["learning_rate"] == "1e-05"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"searched": {"heads": [1, 2]}}, "lstm-2 has no heads to choose; it has embedding, units"),
        ({"fixed": ["heads"]}, "no heads"),
        ({"fixed": ["units"], "searched": {"units": [1, 2]}}, "either one value is set or several are searched"),
        ({"searched": {"units": [8, 5000]}}, "units=5000: architecture lstm-2: "),
        ({"searched": {"units": [8.5, 16]}}, "units=8.5"),
        ({"searched": {"dropouts": [0, 1]}}, "dropouts=1"),
        ({"searched": {"learning_rate": [0, 1]}}, "learning_rate=0"),
        ({"fixed": ["units", "dropouts", "learning_rate"]}, "nothing is left to choose"),
        ({"fixed": ["units", "dropouts"], "searched": {"learning_rate": [0.1]}}, "nothing is left to choose"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(SpaceError, match=reason.replace("(", r"\(")):
        values("lstm-2", **changes)
