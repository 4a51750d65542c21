"""What is loaded follows the tenants file; what cannot be loaded leaves everything as it was."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from models import artefact
from models.artefact import ArtefactError
from stream.loaded import Loaded
from stream.tenants import Tenant, Tenants

MODEL = "reference"
NAME = f"{MODEL}@{artefact.find(MODEL).digest}"


def tenants(**models: str | tuple[str, str]) -> Tenants:
    found = []
    for name, model in models.items():
        of: dict[str, Any] = {"model": model}
        if not isinstance(model, str):
            of = {"model": model[0], "shadow_model": model[1]}
        found.append(Tenant(name, name.title(), **of))
    return Tenants(found)


@pytest.fixture
def mine(tmp_path: Path) -> str:
    return str(shutil.copytree(artefact.SHIPPED / MODEL, tmp_path / "mine"))


async def test_each_model_is_loaded_once_and_let_go_of_when_nobody_names_it(mine: str) -> None:
    loaded = Loaded(1)
    await loaded.take(tenants(shop=MODEL, bank=NAME, club=mine))
    assert dict(loaded.names) == {MODEL: NAME, NAME: NAME, mine: f"{mine}@{NAME[-12:]}"}
    before = loaded.classifiers
    assert set(before) == {NAME, f"{mine}@{NAME[-12:]}"}
    await loaded.take(tenants(shop=NAME))
    assert loaded.classifiers[NAME] is before[NAME]
    assert set(loaded.classifiers) == {NAME}
    assert len(before) == 2, "a batch under way keeps what it has"


async def test_what_cannot_be_loaded_leaves_everything_as_it_was(mine: str) -> None:
    loaded = Loaded(1)
    await loaded.take(tenants(shop=MODEL))
    names, classifiers = loaded.names, loaded.classifiers
    with (Path(mine) / artefact.VOCABULARY).open("ab") as file:
        file.write(b"x\n")
    for bad in ("absent", mine, f"{MODEL}@0123456789ab"):
        with pytest.raises(ArtefactError):
            await loaded.take(tenants(shop=MODEL, bank=bad))
    assert (loaded.names, loaded.classifiers) == (names, classifiers)


async def test_what_cannot_be_loaded_is_said_with_every_tenant_that_needs_it_and_what_to_do() -> None:
    with pytest.raises(ArtefactError) as caught:
        await Loaded(1).take(tenants(shop="absent", bank=MODEL, club="absent"))
    assert "not shipped with aura" in str(caught.value)
    assert "it scores the reviews of shop, club: mend it" in str(caught.value)
    assert "choose another: aura models promote MODEL --tenant shop --tenant club" in str(caught.value)


async def test_a_shadow_has_a_classifier_of_its_own_and_never_holds_up_what_counts(mine: str) -> None:
    loaded = Loaded(1)
    found = tenants(shop=(MODEL, mine), bank=(mine, mine), club=(MODEL, "absent"))
    await loaded.take(found)
    rivals = loaded.rivals(found)
    assert rivals.keys() == {"shop"}, "the bank's shadow is what counts, and the club's is not there"
    name = f"{mine}@{NAME[-12:]}"
    assert (rivals["shop"].active, rivals["shop"].shadow, rivals["shop"].keep.reviews) == (NAME, name, 50)
    assert rivals["shop"].classifier is loaded.shadows[name]
    assert rivals["shop"].classifier is not loaded.classifiers[name]
