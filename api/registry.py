"""The tenants as their file says now: read again when it changes, so that a new key works without a restart."""

from pathlib import Path

import structlog

from stream.tenants import Tenants, TenantsFileError, load

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
        """Why the file as it is now is not in force, or None when it is."""

    def current(self) -> Tenants:
        """The tenants in force. Costs one ``stat`` when nothing changed (a few microseconds)."""
        signature = _signature(self._path)
        if signature != self._seen:
            self._seen = signature
            self._reload()
        return self._tenants

    def _reload(self) -> None:
        try:
            self._tenants = load(self._path)
        except TenantsFileError as error:
            self.fault = str(error)
            log.error("tenants file invalid, keeping the last valid one", path=str(self._path), faults=str(error))
        else:
            self.fault = None
            log.info("tenants file read", path=str(self._path), tenants=len(self._tenants))


def _signature(path: Path) -> _Signature:
    """Changes when the file is written or replaced: its time alone may stay equal within the clock's grain."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
