"""What a benchmark takes for right totals, product by product."""

from infra.bench.per_product import Counted, differences, expected, relabelled

JUDGED = [("lamp", 0.9), ("lamp", 0.1), ("lamp", 0.500004), ("kettle", 0.51), ("kettle", 0.2)]


def test_totals_as_the_model_judges_are_right() -> None:
    found = {"lamp": Counted(1, 2), "kettle": Counted(1, 1)}
    assert differences(expected(JUDGED), found) == []
    assert relabelled(expected(JUDGED), found) == 0


def test_only_as_many_labels_may_differ_as_reviews_are_at_the_border() -> None:
    assert differences(expected(JUDGED), {"lamp": Counted(2, 1), "kettle": Counted(1, 1)}) == []
    assert relabelled(expected(JUDGED), {"lamp": Counted(2, 1), "kettle": Counted(1, 1)}) == 1
    assert differences(expected(JUDGED), {"lamp": Counted(3, 0), "kettle": Counted(1, 1)}) == [
        "lamp: expected 1 good and 2 bad, 1 of them on either side, found 3 and 0"
    ]
    assert differences(expected(JUDGED), {"lamp": Counted(1, 2), "kettle": Counted(2, 0)}) == [
        "kettle: expected 1 good and 1 bad, found 2 and 0"
    ]


def test_a_lost_review_a_second_count_and_a_product_too_many_are_differences() -> None:
    right = expected(JUDGED)
    assert len(differences(right, {"lamp": Counted(1, 1), "kettle": Counted(1, 1)})) == 1
    assert len(differences(right, {"lamp": Counted(1, 3), "kettle": Counted(1, 1)})) == 1
    assert len(differences(right, {"lamp": Counted(1, 2)})) == 1
    assert len(differences(right, {"lamp": Counted(1, 2), "kettle": Counted(1, 1), "sofa": Counted(1, 0)})) == 1
