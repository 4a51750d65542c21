import csv
import io
import json

import pytest

from models.training.recipe import recipe
from models.tuning import report
from models.tuning.pictures import trials_picture
from models.tuning.propose import propose
from models.tuning.space import space_of
from models.tuning.trial import Search, Trial, search_of
from tests.models.samples import labelled
from tests.models.tuning.samples import failed, first, over, search


def some(of: Search) -> list[Trial]:
    points = [propose(of, 0, [], [])]
    points.append(propose(of, 1, [], points))
    return [over(of, 0, points[0]), over(of, 1, points[1]), failed(2, first(of.space))]


def test_the_best_of_equals_is_the_first_and_failures_come_last() -> None:
    of = search()
    best, worse, none = some(of)
    assert of.best([worse, best, none]) is best  # equal by the objective: the one with the lower number
    assert of.best([worse, none]) is worse
    assert of.ranked([none, worse, best]) == [best, worse, none]
    assert of.best([none]) is None
    loss = search("loss")
    high, low = (Trial(number=n, point=best.point, figures={"loss": value}) for n, value in enumerate((0.7, 0.5)))
    assert loss.ranked([none, high, low]) == [low, high, none]
    assert loss.best([high, low]) is low


def test_every_trial_is_a_line_of_the_table_in_its_order() -> None:
    of = search()
    trials = some(of)
    lines = list(csv.DictReader(io.StringIO(report.table(of, trials[::-1]).decode())))
    assert [line["trial"] for line in lines] == ["0", "1", "2"]
    assert {name: float(lines[1][name]) for name in trials[1].point} == trials[1].point
    assert float(lines[0]["multi_label_auc"]) == trials[0].figures["multi-label-auc"]
    assert (lines[2]["multi_label_auc"], lines[2]["failure"]) == ("", "out of memory")


def test_the_document_names_search_best_and_command() -> None:
    of = search()
    found = json.loads(report.document(of, some(of), ["aura", "train"]))
    assert (found["best"], found["command"], len(found["trials"])) == (0, ["aura", "train"], 3)
    assert found["search"]["recipe"]["architecture"] == "lstm-2"
    assert json.loads(report.document(of, [], []))["best"] is None


def test_the_same_trials_are_the_same_picture() -> None:
    of = search()
    trials = some(of)
    picture = trials_picture(of, trials)
    assert picture.startswith(b"\x89PNG")
    assert trials_picture(of, trials) == picture
    assert trials_picture(of, trials[:1]) != picture


@pytest.mark.parametrize("name", ["wide-deep", "gru-1"])
@pytest.mark.parametrize(("inputs", "said"), [(("title", "text"), ["--read-title"]), (("text",), ["--no-read-title"])])
def test_whether_the_title_is_read_is_said_whatever_the_network_does_by_itself(
    name: str, inputs: tuple[str, ...], said: list[str]
) -> None:
    how = recipe(name, preprocessing={"inputs": inputs})
    of = search_of(labelled(["one", "two"]), how, space_of(how))
    trial = Trial(number=0, point=of.space.nearest(how), figures={})
    command = report.train_command(of, trial, "apps", {"title": None}, "out")
    assert [word for word in command if word.endswith("read-title")] == said
