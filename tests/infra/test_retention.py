"""What is told of topics that keep records for another time than the settings say."""

import pytest
from structlog.testing import capture_logs

from infra.retention import warn_of_retention
from stream.topics import Topic, Topics

DAY_MS = 86_400_000


def topics(reviews_ms: int | None, letters_ms: int | None) -> Topics:
    return Topics(
        Topic("aura.reviews", 4, False, reviews_ms), Topic("aura.reviews.dead-letters", 4, False, letters_ms), False
    )


@pytest.mark.parametrize("kept_ms", [DAY_MS, None])
def test_nothing_is_told_of_topics_that_agree_or_do_not_say(kept_ms: int | None) -> None:
    with capture_logs() as logs:
        warn_of_retention(topics(kept_ms, kept_ms), DAY_MS, "k:9092")
    assert logs == []


def test_a_topic_that_differs_is_named_with_both_times_and_the_command() -> None:
    with capture_logs() as logs:
        warn_of_retention(topics(7 * DAY_MS, -1), -1, "k:9092")
    (told,) = logs
    assert (told["log_level"], told["topic"]) == ("warning", "aura.reviews")
    assert (told["topic_retention_ms"], told["setting_retention_ms"]) == (7 * DAY_MS, -1)
    assert told["do"].endswith(
        "kafka-configs.sh --bootstrap-server k:9092 --alter --entity-type topics --entity-name aura.reviews "
        "--add-config retention.ms=-1"
    )


def test_dead_letters_that_go_before_their_records_are_told_as_well() -> None:
    with capture_logs() as logs:
        warn_of_retention(topics(-1, DAY_MS), -1, "k:9092")
    assert [entry["topic"] for entry in logs] == ["aura.reviews.dead-letters"]
