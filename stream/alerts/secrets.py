"""The secrets that sign what webhooks are sent, read from their files when they are needed."""

from pathlib import Path
from typing import Final

from stream.tenant_rules import Webhook

MIN_CHARS: Final = 16
"""A shorter secret can be guessed from one signed body. ``openssl rand -hex 32`` makes a good one."""

MAX_BYTES: Final = 10_000


class SecretUnusable(Exception):
    """The secret of a webhook cannot be read, or signs nothing well; says why, without it."""


def secret_path(webhook: Webhook, folder: Path) -> Path:
    """Where the secret is; ``folder`` is that of the tenants file."""
    return folder / Path(webhook.secret_file).expanduser()


def read_secrets(webhook: Webhook, folder: Path) -> list[bytes]:
    """The lines of the file. There are two while one secret takes over from another, and both sign meanwhile.

    Raises:
        SecretUnusable: the file cannot be read, is empty, or has too short a line.
    """
    path = secret_path(webhook, folder)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SecretUnusable(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise SecretUnusable(f"{path} has over {MAX_BYTES} bytes: it is no file of secrets")
    secrets = [line.strip() for line in content.splitlines() if line.strip()]
    if not secrets:
        raise SecretUnusable(f"{path} is empty; put a secret in it, such as `openssl rand -hex 32` makes")
    if min(map(len, secrets)) < MIN_CHARS:
        raise SecretUnusable(f"a line of {path} is no secret: expected {MIN_CHARS} characters or more")
    return secrets
