"""Put a backup back: into a new folder beside the data folder, proven to its last byte, then into its place at once."""

import ctypes
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..audit_notes import leave_note
from ..files import FolderLock, flush_to_disk, make_private_folder
from ..store.models import SCHEMA_VERSION
from ..store.ota_updates import CANCELLED, OPEN
from . import BackupRefused
from .archive import DAMAGED, FORMAT, Member, Reader
from .taking import DATABASE, FIRMWARE

_SPARE = 16 << 20
_AT_WORKING_FOLDER = -100
_EXCHANGE = 2


@dataclass(frozen=True)
class Restored:
    """What was restored: when the backup was made (seconds since 1970), and where the old folder is now, if any."""

    made_at: int
    old: Path | None
    with_store: bool


def restore(file: BinaryIO, data: Path, ask: Callable[[], str], *, replace: bool = False) -> Restored:
    """Restore a backup to the folder `data`. `ask` is called for a passphrase if one is needed.

    Without `replace`, the folder must be empty or missing. With it, the old one is kept under another name.
    Raises BackupRefused, files.DataInUse or OSError; then the folder is as it was.
    """
    data = data.absolute()
    if data.is_symlink():
        data = data.resolve()
    if data.is_mount():
        raise BackupRefused("%s is a mount point, which cannot be replaced: restore to a folder in it" % data)
    is_old = _has_content(data)
    if is_old and not replace:
        raise BackupRefused("%s is not empty; with --replace it is kept under another name" % data)
    data.parent.mkdir(parents=True, exist_ok=True)
    _clean_up(data)
    with _locked(data), _new_folder(data) as folder:
        reader = Reader(file)
        made_at, with_store = _extract(reader, ask() if reader.is_sealed else None, folder)
        if with_store:
            _check_store(folder)
        about = time.strftime("made at %Y-%m-%dT%H:%M:%SZ", time.gmtime(made_at))
        leave_note(folder, "backup restored", about=about)
        _to_disk(folder)
        old = _put_into_place(folder, data, is_old)
    return Restored(made_at, old, with_store)


def _has_content(data: Path) -> bool:
    if not data.exists():
        return False
    return any(each.name != "lock" for each in data.iterdir())


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Keep clouds out of a folder that exists."""
    if not data.exists():
        yield
        return
    lock = FolderLock(data)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _new_folder(data: Path) -> Iterator[Path]:
    """Make a folder beside the data folder. It is removed unless it gets another name."""
    folder = Path(tempfile.mkdtemp(prefix=_prefix(data), dir=data.parent))
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        if not (folder / "lock").exists():
            shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _prefix(data: Path) -> str:
    return ".%s.restoring-" % data.name


def _clean_up(data: Path) -> None:
    """Finish what killed processes left: remove unfinished folders, name one that was already replaced."""
    for left in data.parent.glob(_prefix(data) + "*"):
        descriptor = os.open(left, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Every data folder that was in use has this file, and none that is only being made.
            if (left / "lock").exists():
                left.rename(_name_for_old(data))
            else:
                shutil.rmtree(left)
        except BlockingIOError:
            continue  # another process is just restoring
        finally:
            os.close(descriptor)


def _name_for_old(data: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for more in ("", *("-%d" % number for number in range(2, 100))):
        name = data.with_name("%s.before-%s%s" % (data.name, stamp, more))
        if not name.exists():
            return name
    raise BackupRefused("%s exists already" % name)


def _extract(reader: Reader, passphrase: str | None, folder: Path) -> tuple[int, bool]:
    """Write all files, and return when the backup was made and whether it has the database."""
    about = None
    for each in reader.members(passphrase):
        if isinstance(each, Member):
            if about is None:
                raise BackupRefused(DAMAGED)
            _write(each, folder)
        else:
            about = each
            _check_version(about)
    if about is None:
        raise BackupRefused(DAMAGED)
    return int(about["made_at"]), about["schema"] is not None


def _check_version(about: dict[str, object]) -> None:
    format, schema = about.get("format"), about.get("schema")
    if not isinstance(format, int) or not isinstance(about.get("made_at"), int):
        raise BackupRefused(DAMAGED)
    if format > FORMAT or (schema is not None and int(str(schema)) > int(SCHEMA_VERSION)):
        raise BackupRefused("a newer local cloud has made the backup (schema %s); use that one" % schema)


def _write(member: Member, folder: Path) -> None:
    path = folder / member.name
    make_private_folder(path.parent)
    status = os.statvfs(folder)
    if member.size + _SPARE > status.f_bavail * status.f_frsize:
        text = "%s has no room for the backup: %s takes %d bytes"
        raise BackupRefused(text % (folder.parent, member.name, member.size))
    with open(path, "xb") as file:
        os.fchmod(file.fileno(), 0o644 if member.is_public else 0o600)
        while data := member.read():
            file.write(data)


def _check_store(folder: Path) -> None:
    """Prove the database, and cancel updates whose file is not there.

    Such a file was uploaded and removed again while the backup was made.
    """
    marks = ",".join("?" * len(OPEN))
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        try:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (schema,) = connection.execute("SELECT value FROM settings WHERE name = 'schema'").fetchone()
            ids = connection.execute("SELECT id FROM ota_updates WHERE status IN (%s)" % marks, OPEN).fetchall()
        except (sqlite3.DatabaseError, TypeError):
            raise BackupRefused(DAMAGED) from None
        if found != "ok":
            raise BackupRefused(DAMAGED)
        _check_version({"format": FORMAT, "made_at": 0, "schema": schema})
        lost = [(CANCELLED, id) for (id,) in ids if not (folder / FIRMWARE / (id + ".ota")).exists()]
        connection.executemany("UPDATE ota_updates SET status = ? WHERE id = ?", lost)
        connection.commit()


def _to_disk(folder: Path) -> None:
    for root, _, files in os.walk(folder):
        for path in (*(Path(root, name) for name in files), Path(root)):
            flush_to_disk(path)


def _put_into_place(folder: Path, data: Path, is_old: bool) -> Path | None:
    """Make `folder` the data folder. A kill leaves either the old one or the new one there, whole."""
    old = None
    if is_old:
        old = _name_for_old(data)
        if _exchange(folder, data):
            folder.rename(old)
        else:
            # This system has no exchange. Killed between the two, the old folder has its new name.
            data.rename(old)
            folder.rename(data)
    else:
        with suppress(FileNotFoundError):
            (data / "lock").unlink()
        folder.rename(data)
    flush_to_disk(data.parent)
    return old


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step. Return False where the system or the file system cannot do that."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    arguments = (_AT_WORKING_FOLDER, os.fsencode(one), _AT_WORKING_FOLDER, os.fsencode(other), _EXCHANGE)
    return rename(*arguments) == 0
