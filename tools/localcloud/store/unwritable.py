"""When the database can be read but not written: its disk is full or read-only, or another program has locked it."""

import errno
import os
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

FULL, LATER = 507, 503
ENOUGH = 1 << 20
"""A disk with less room in bytes counts as full once a write has failed, so that it does not change to and fro."""
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_POSTGRESQL = {
    "53100": (FULL, "the disk of the PostgreSQL server is full"),
    "58030": (LATER, "the PostgreSQL server cannot write to its disk"),
    "25006": (LATER, "the PostgreSQL server takes no changes (read-only)"),
}


class NotWritable(RuntimeError):
    """Nothing can be stored now. `str()` says why; `status` is the HTTP status for it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__("%s: nothing can be changed or stored until that is mended" % reason)
        self.status = status
        self.reason = reason
        self.is_locked = False


def of(error: BaseException, url: URL) -> NotWritable | None:
    """Return what the driver's error means, or None if it is not about writing. This may take as long as a write."""
    # What fails while a connection is made is not wrapped.
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return _in_sqlite(getattr(original, "sqlite_errorname", ""), Path(url.database or ""))
    known = _POSTGRESQL.get(getattr(original, "sqlstate", None) or "")
    return NotWritable(*known) if known else None


def of_file(error: OSError, path: Path) -> NotWritable:
    """Return what it means that a file cannot be written."""
    status = FULL if error.errno in _FULL_DISK else LATER
    return NotWritable(status, "%s cannot be written (%s)" % (path, error.strerror))


def has_room(url: URL) -> bool:
    """Return whether there is room again where the database is, as far as this process can see it."""
    if url.get_backend_name() != "sqlite":
        return True
    try:
        status = os.statvfs(Path(url.database or "").parent)
    except OSError:
        return False
    return status.f_bavail * status.f_frsize >= ENOUGH


def _in_sqlite(name: str, path: Path) -> NotWritable | None:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        locked = NotWritable(LATER, "another program has locked the database %s" % path)
        locked.is_locked = True
        return locked
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
        why = _why(path.parent)
        if why is not None:
            status = FULL if why.errno in _FULL_DISK else LATER
            return NotWritable(status, "the database %s cannot be written (%s)" % (path, why.strerror))
        if name.startswith("SQLITE_FULL"):
            return NotWritable(FULL, "the database %s cannot be written (the disk is full)" % path)
        return NotWritable(LATER, "the database %s cannot be written (%s)" % (path, name))
    return None


def _why(folder: Path) -> OSError | None:
    """Return what the system says to a write into the folder, because SQLite does not repeat it."""
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".room-", buffering=0) as file:
            file.write(bytes(1 << 16))
            os.fsync(file.fileno())
    except OSError as error:
        return error
    return None
