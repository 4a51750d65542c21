"""The tenants file as commands use it: which one, what went wrong in a sentence, and who changed what.

Every change that a command makes is told in one line of JSON in the audit log, ``tenants.toml.audit.jsonl`` beside the
tenants file. It is for whoever asks later; someone who may write the tenants file may write it, too.
"""

import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer

from infra.errors import CommandError
from infra.settings import load_settings

_PERMISSIONS: Final = 0o600
"""As those of the tenants file: it names tenants and keys."""


@contextmanager
def tenants_file(given: Path | None) -> Iterator[Path]:
    """The path of the file to read or change: ``given``, or that of the settings.

    Raises:
        CommandError: for what :mod:`stream.tenants_write` raises.
    """
    from stream.tenants import TenantsFileError
    from stream.tenants_write import UnknownKey, UnknownTenant

    path = given if given is not None else load_settings().tenants_file
    try:
        yield path
    except (TenantsFileError, UnknownKey, UnknownTenant) as error:
        raise CommandError(str(error)) from error
    except UnicodeEncodeError as error:  # of an argument that a terminal gave in another encoding
        raise CommandError(f"expected text in UTF-8, got {error.object[error.start : error.end]!a} in it") from error
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {error.strerror}") from error


def audit_log(path: Path) -> Path:
    """Where changes to the tenants file ``path`` are told."""
    path = path.resolve()
    return path.with_name(f"{path.name}.audit.jsonl")


def record(path: Path, action: str, **what: object) -> None:
    """Tell that a change was made, after it was; where that cannot be written, it is said on standard error."""
    entry = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "by": _user(), "action": action, **what}
    line = json.dumps(entry, default=str, ensure_ascii=False) + "\n"
    log = audit_log(path)
    try:
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _PERMISSIONS)
        try:
            if os.geteuid() == 0:  # else one command with sudo would keep all later ones from the log
                owner = path.stat()
                os.fchown(handle, owner.st_uid, owner.st_gid)
            os.write(handle, line.encode())  # in one piece: two commands at a time do not mix their lines
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        typer.echo(f"aura: done, but not noted in {log}, which cannot be written: {error.strerror}", err=True)


def plain(text: str) -> str:
    """What people wrote in the file as one line without control characters: a terminal would obey them."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _user() -> str:
    """Who runs the command; with sudo, who called it."""
    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container's user may have a number only
        name = str(os.geteuid())
    caller = os.environ.get("SUDO_USER")
    return f"{caller} as {name}" if caller else name
