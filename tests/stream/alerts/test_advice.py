"""What the log says to do about a delivery that failed, and that the commands it names are there."""

import pytest
from typer.testing import CliRunner

from infra import cli
from stream.alerts.advice import to_have_it_after_all, to_have_it_taken
from stream.alerts.webhook import NO_WEBHOOK, UNSIGNABLE, Answer


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer("retried", "HTTP 503", status=503), "look at the receiver's own log"),
        (Answer("retried", "HTTP 429", status=429), "nothing, if it passes: the receiver wants to be asked later"),
        (Answer("retried", "ConnectError"), "see that the address in the webhook's url is right"),
        (Answer("retried", UNSIGNABLE), "mend the webhook's secret_file"),
    ],
)
def test_while_it_is_tried_again_the_cause_is_what_can_be_mended(answer: Answer, cause: str) -> None:
    said = to_have_it_taken("shop", "ops", answer)
    assert said.startswith(cause)
    assert "replay" not in said  # it is tried again by itself


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer("retried", "HTTP 503", status=503), "mend the receiver, or the webhook's url"),
        (Answer("retried", "TimeoutError"), "mend the receiver, or the webhook's url"),
        (Answer("given_up", "HTTP 308", status=308), "put the address that it leads to"),
        (Answer("given_up", "HTTP 418", status=418), "look at the receiver's own log"),
        (Answer("given_up", NO_WEBHOOK), "nothing, if it shall not be told"),
        (Answer("retried", UNSIGNABLE), "mend the webhook's secret_file"),
    ],
)
def test_after_it_was_given_up_it_is_to_be_replayed(answer: Answer, cause: str) -> None:
    said = to_have_it_after_all("shop", "ops", answer, "d1")
    assert said.startswith(cause)
    assert said.endswith(", then aura alerts replay --tenant shop d1")


@pytest.mark.parametrize(
    ("command", "options"),
    [("test", ("--tenant", "--send", "--webhook")), ("replay", ("--tenant", "[ID]..."))],
)
def test_the_commands_that_are_named_take_what_they_are_named_with(command: str, options: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli.app, ["alerts", command, "--help"]).stdout
    assert [option for option in options if option not in said] == []
