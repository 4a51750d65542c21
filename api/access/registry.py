"""The tenants as their file says now: read again when it changes, so that a new key works without a restart."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from stream.tenants import Tenant, TenantKey, Tenants, TenantsFileError, load

_Signature = tuple[int, int, int] | None

log = structlog.get_logger(__name__)


class TenantRegistry:
    """Tenants of one file. An invalid new version is logged, and the last valid one stays in force."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            TenantsFileError: it is invalid already at start.
        """
        self._path = path
        self._seen = _signature(path)
        self._tenants = load(path)
        self.fault: str | None = None
        """Why the file as it is now is not in force, or None when it is. It may name tenants."""

    def current(self) -> Tenants:
        """The tenants in force. Costs one ``stat`` when nothing changed (a few microseconds)."""
        signature = _signature(self._path)
        if signature != self._seen:
            self._seen = signature
            self._reload()
        return self._tenants

    def opens(self, key: TenantKey, tenant_id: str) -> bool:
        """Whether ``key``, as it was found right, still opens the tenant: neither taken away nor expired since."""
        found = self.current().key(key.id)
        if found is None or found[1].expired(datetime.now(UTC)):
            return False
        return found[1].hash == key.hash and found[0].id == tenant_id

    def _reload(self) -> None:
        before = self._tenants
        try:
            self._tenants = load(self._path)
        except TenantsFileError as error:
            self.fault = str(error)
            log.error(
                "the changed tenants file is refused, the old one stays in force",
                path=str(self._path), error=str(error), do="correct it; it is read again when it changes",
            )  # fmt: skip
        else:
            self.fault = None
            log.info(
                "tenants file read", path=str(self._path), tenants=len(self._tenants),
                **_changes(before, self._tenants),
            )  # fmt: skip


def _changes(before: Tenants, now: Tenants) -> dict[str, list[str]]:
    """What a new version of the file changed, for the log: also what was written by hand stands there with its time."""
    found = {
        "tenants_added": [tenant for tenant in now if tenant not in before],
        "tenants_removed": [tenant for tenant in before if tenant not in now],
        "tenants_changed": [
            tenant for tenant in now if tenant in before and _rest(now[tenant]) != _rest(before[tenant])
        ],
        "keys_added": sorted(_keys(now) - _keys(before)),
        "keys_removed": sorted(_keys(before) - _keys(now)),
    }
    return {name: ids for name, ids in found.items() if ids}


def _keys(tenants: Tenants) -> set[str]:
    """``shop/3f9c0a1b2c4d/read``, so that a key whose role or end was changed stands in both lists."""
    return {
        f"{tenant.id}/{key.id}/{key.role}" + (f"/until {key.expires.isoformat()}" if key.expires else "")
        for tenant in tenants.values()
        for key in tenant.keys
    }


def _rest(tenant: Tenant) -> Tenant:
    return msgspec.structs.replace(tenant, keys=())


def _signature(path: Path) -> _Signature:
    """Changes when the file is written or replaced: its time alone may stay equal within the clock's grain."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
