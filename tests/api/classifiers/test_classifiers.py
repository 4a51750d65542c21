"""Which classifiers the API keeps, and what it says where one cannot be loaded."""

import pytest
from structlog.testing import capture_logs

import api.classifiers.loading
from api.classifiers.loading import Classifiers
from api.http.problems import UNAVAILABLE, Problem
from models.classifier import ArtefactError, Classifier, Review, load
from stream.tenants import Tenant, Tenants

ONE = "reference"
OTHER = f"{ONE}@{load(ONE).digest}"
REVIEWS = [Review("It does what it says.")]


def named(*models: str) -> Tenants:
    return Tenants([Tenant(f"t{number}", "T", model=model) for number, model in enumerate(models)])


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every load, in order."""
    found: list[str] = []

    def counted(model: str) -> Classifier:
        found.append(model)
        return load(model)

    monkeypatch.setattr(api.classifiers.loading, "load", counted)
    return found


async def test_a_model_is_loaded_once_and_let_go_of_when_no_tenant_names_it(loads: list[str]) -> None:
    tenants = named(ONE, OTHER)
    classifiers = Classifiers(lambda: tenants)
    for model in (ONE, OTHER, ONE, OTHER):
        await classifiers.classify(model, REVIEWS)
    assert loads == [ONE, OTHER]
    tenants = named(OTHER)
    await classifiers.classify(OTHER, REVIEWS)
    tenants = named(ONE, OTHER)
    for model in (ONE, OTHER):
        await classifiers.classify(model, REVIEWS)
    assert loads == [ONE, OTHER, ONE], "the one that nobody named was let go of, the other kept"
    classifiers.close()


@pytest.mark.parametrize(
    ("error", "reason"),
    [(MemoryError(), "MemoryError"), (RuntimeError("no driver"), "no driver"), (OSError(5, "I/O error"), "I/O error")],
)
async def test_whatever_keeps_a_model_from_loading_is_a_503_and_a_line_in_the_log(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: str) -> Classifier:
        raise error

    monkeypatch.setattr(api.classifiers.loading, "load", fails)
    classifiers = Classifiers(lambda: named(ONE))
    with capture_logs() as logged, pytest.raises(Problem) as raised:
        await classifiers.classify(ONE, REVIEWS)
    assert raised.value.kind is UNAVAILABLE
    assert reason not in raised.value.detail
    (line,) = logged
    assert (line["log_level"], line["model"], line["exc_info"]) == ("error", ONE, True)
    assert reason in line["reason"]
    monkeypatch.setattr(api.classifiers.loading, "load", load)
    assert (await classifiers.classify(ONE, REVIEWS)).model.name == ONE, "the next request tries again"
    classifiers.close()


async def test_a_damaged_artefact_needs_no_traceback() -> None:
    classifiers = Classifiers(lambda: named("absent"))
    with capture_logs() as logged, pytest.raises(Problem):
        await classifiers.classify("absent", REVIEWS)
    assert logged[0]["exc_info"] is False
    assert ArtefactError.__name__ not in logged[0]["reason"]
    classifiers.close()
