from models.tuning.propose import propose
from models.tuning.space import Point
from models.tuning.trial import Search, Trial
from tests.models.tuning.samples import failed, over, search


def sequence(of: Search, trials: int) -> list[Trial]:
    """One trial after the other, each learning from all before it."""
    done: list[Trial] = []
    for number in range(trials):
        point = propose(of, number, done, [trial.point for trial in done])
        done.append(over(of, number, point))
    return done


def test_the_first_trial_is_the_recipes_own() -> None:
    of = search()
    found = of.space.applied(of.recipe, propose(of, 0, [], []))
    assert found == of.recipe


def test_what_was_learned_is_used() -> None:
    of = search()
    points = [trial.point for trial in sequence(of, 45)]
    drawn, informed = points[1:11], points[35:]

    def near(some: list[Point]) -> float:
        return sum(p["units_1"] in (32, 64, 128) and p["learning_rate"] == 1e-3 for p in some) / len(some)

    assert near(informed) >= 0.7 > near(drawn)


def test_less_is_better_where_the_objective_says_so() -> None:
    of = search("loss")
    best = min((trial for trial in sequence(of, 40)), key=lambda trial: trial.figures["loss"] or 0)
    # The figure of tests.models.tuning.samples.over is lowest far from 64 units.
    assert best.point["units_1"] in (8, 512)


def test_a_proposal_follows_from_its_arguments_alone() -> None:
    of = search()
    done = sequence(of, 14)
    points = [trial.point for trial in done]
    one = propose(of, 14, done[:11], points)
    sequence(search(units=[8, 16]), 12)  # something else meanwhile
    assert propose(of, 14, list(reversed(done[:11])), points) != {}
    assert propose(of, 14, done[:11], points) == one


def test_no_point_is_tried_twice_until_the_space_is_empty() -> None:
    of = search(units=[8, 16], dropouts=[0, 0.1], learning_rate=[1e-3])
    assert of.space.size == 32
    points = [trial.point for trial in sequence(of, 32)]
    assert len({tuple(point.values()) for point in points}) == 32


def test_failures_and_trials_that_still_run_are_nothing_to_learn_from_and_no_hindrance() -> None:
    of = search()
    points = [trial.point for trial in sequence(of, 14)]
    found = propose(of, 14, [failed(n, points[n]) for n in range(10)], points)
    assert found not in points


def test_another_seed_tries_other_points() -> None:
    import msgspec

    of = search()
    other = msgspec.structs.replace(of, recipe=msgspec.structs.replace(of.recipe, seed=7))
    assert [t.point for t in sequence(of, 5)][1:] != [t.point for t in sequence(other, 5)][1:]
