from models.evaluation.catalogue import Entry
from models.evaluation.intervals import Figure
from models.evaluation.wording import better, number, p_value, signed


def test_shares_are_read_in_per_cent_and_what_is_not_defined_as_a_dash() -> None:
    assert number(0.10204, "share_bad") == "10.20%"
    assert number(0.10204, "recall_bad") == "0.1020"
    assert (number(None), signed(None)) == ("–", "–")


def test_a_difference_has_its_sign() -> None:
    assert (signed(0.01), signed(-0.01)) == ("+0.0100", "−0.0100")


def test_a_chance_too_small_to_read_is_called_so() -> None:
    assert (p_value(0.04), p_value(1e-5)) == ("0.0400", "< 0.0001")


def test_a_difference_is_marked_where_its_interval_excludes_zero() -> None:
    up, down = Figure(value=1, low=0.5, high=2), Figure(value=-1, low=-2, high=-0.5)
    unsure, unknown = Figure(value=1, low=-1, high=2), Figure(value=1)
    higher, lower = Entry("a", "A"), Entry("l", "L", "lower")
    assert [better(higher, each) for each in (up, down, unsure, unknown)] == ["better", "worse", "", ""]
    assert [better(lower, each) for each in (up, down, unsure, unknown)] == ["worse", "better", "", ""]
