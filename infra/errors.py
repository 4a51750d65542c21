"""Errors that end a command: one sentence on standard error and an exit code, no traceback.

CommandError            exit 1: the command could not do its work
├── SettingsError       exit 2: a setting is wrong (infra.settings)
├── NoAnswer            exit 2: a command whose exit code 1 is an answer could give none
├── KafkaServerError    exit 1: the local Kafka could not be run (infra.kafka.server)
└── EmbeddedError       exit 1: an embedded service could not be run (infra.embedded)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class CommandError(Exception):
    """A failure whose message is all that a user needs: what was expected, what came, what to do."""

    exit_code: ClassVar[int] = 1


class NoAnswer(CommandError):
    """What kept a command from its answer, where exit code 1 would be taken for one."""

    exit_code: ClassVar[int] = 2


@contextmanager
def one_is_an_answer() -> Iterator[None]:
    """For commands that end as diff(1) does: 0 and 1 are answers, 2 is trouble.

    Raises:
        NoAnswer: for any CommandError.
    """
    try:
        yield
    except CommandError as error:
        raise NoAnswer(str(error)) from error
