"""Errors that end a command: one sentence on standard error and an exit code, no traceback.

CommandError            exit 1: the command could not do its work
├── SettingsError       exit 2: a setting is wrong (infra.settings)
├── KafkaServerError    exit 1: the local Kafka could not be run (infra.kafka.server)
└── EmbeddedError       exit 1: an embedded service could not be run (infra.embedded)
"""

from typing import ClassVar


class CommandError(Exception):
    """A failure whose message is all that a user needs: what was expected, what came, what to do."""

    exit_code: ClassVar[int] = 1
