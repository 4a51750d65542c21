from pathlib import Path

import numpy as np
import pytest

from models.data.catalogue import CATALOGUE
from models.data.labelled import Labelled
from models.data.read import read_data_set, unlike_published
from models.split import divide, leaks


@pytest.fixture(scope="module")
def imdb(shared_data: Path) -> Labelled:
    return read_data_set(CATALOGUE["imdb"], shared_data)


def test_the_official_parts_are_whole_and_balanced(imdb: Labelled) -> None:
    parts = divide(imdb, "official", validation=0, seed=0)
    assert [len(part) for part in parts] == [25_000, 0, 25_000]
    assert [int(imdb.bad[part].sum()) for part in (parts.train, parts.test)] == [12_500, 12_500]
    assert unlike_published(imdb, CATALOGUE["imdb"].files) == []


def test_the_publishers_own_split_leaks_what_is_known_of_it(imdb: Labelled) -> None:
    assert leaks(imdb, divide(imdb, "official", validation=0, seed=0)) == 123


def test_one_film_of_the_test_was_trained_on(imdb: Labelled) -> None:
    assert imdb.product is not None
    films = np.array(imdb.product)
    parts = divide(imdb, "official", validation=0.2, seed=42)
    trained = np.concatenate([parts.train, parts.validation])
    assert set(films[trained]) & set(films[parts.test]) == {"tt0406816"}
