"""Changes to the tenants file: they keep its comments and order, and replace it in one step."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import tomlkit
from tomlkit.items import AoT, Whitespace

from stream.tenants import TenantKey, load, parse

_PERMISSIONS: Final = 0o600
"""For the owner alone: hashes of keys and what a business is called are nobody else's business."""


class UnknownTenant(KeyError):
    """No tenant of that id in the tenants file.

    Attributes:
        tenant: the id asked for.
        known: the ids there are.
    """

    def __init__(self, tenant: str, known: list[str]) -> None:
        super().__init__(tenant)
        self.tenant = tenant
        self.known = known

    def __str__(self) -> str:
        return f"no tenant {self.tenant!r} in the tenants file; it has {', '.join(self.known) or 'none'}"


def add_key(path: Path, tenant_id: str, key: TenantKey) -> None:
    """Add a key to a tenant in the file, keeping its comments; waits for other writers.

    Raises:
        TenantsFileError: the file is invalid as it stands, or would be with this key (an id used twice).
        UnknownTenant: the file has no such tenant.
        OSError: the file cannot be written.
    """
    path = path.resolve()  # a link stays a link: what it points to is replaced
    with _locked(path):
        tenants = load(path)
        if tenant_id not in tenants:
            raise UnknownTenant(tenant_id, list(tenants))
        document = tomlkit.parse(path.read_text("utf-8"))
        index = list(tenants).index(tenant_id)
        _append(document["tenants"][index], key)
        text = tomlkit.dumps(document)
        parse(path, text.encode())
        _replace(path, text)


def _append(tenant: Any, key: TenantKey) -> None:
    fields = {name: value for name, value in msgspec.structs.asdict(key).items() if value != ""}
    keys = tenant.get("keys")
    if keys and not isinstance(keys, AoT):  # keys = [{...}, {...}]
        inline = tomlkit.inline_table()
        inline.update(fields)
        keys.append(inline)
        return
    entry = tomlkit.table()
    entry.update(fields)
    entry.trivia.indent = "\n"
    if not keys:
        tenant.pop("keys", None)
    for item in _tail(keys[-1] if keys else tenant):
        entry.add(item)
    if not keys:
        keys = tenant.add("keys", tomlkit.aot())["keys"]
    keys.append(entry)


def _tail(table: Any) -> list[Any]:
    """Take off what follows a blank line at the table's end: such a comment speaks of the table after it."""
    body = table.value.body
    first = len(body)
    while first and body[first - 1][0] is None:
        first -= 1
    while first < len(body) and not isinstance(body[first][1], Whitespace):
        first += 1
    tail = [item for _, item in body[first:]]
    del body[first:]
    return tail


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the folder: a lock on the file itself would be lost when the file is replaced."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace(path: Path, text: str) -> None:
    """Put ``text`` in the file's place; a reader sees the old file or the new one, never a part."""
    owner = path.stat()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), _PERMISSIONS)
            if os.geteuid() == 0:  # else root's new key would lock out the server's own user
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
