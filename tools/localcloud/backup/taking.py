"""Take a backup of a data folder, also while a cloud uses it.

The order makes the parts fit together. Firmware files are read first, because they may be removed. Then comes the
moment that counts: a snapshot of the database, and all other files as they were at that moment. Last come the firmware
files that were added meanwhile.
"""

import fcntl
import os
import re
import sqlite3
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .. import clock
from ..files import flush_to_disk
from ..store.models import SCHEMA_VERSION
from . import BackupRefused
from .archive import Writer

DATABASE = "cloud.sqlite3"
FIRMWARE = "ota"
_SUFFIX = ".local-cloud-backup"
_LEFT_OUT = re.compile(r"lock|running(-.*)?\.json|cloud\.sqlite3(-.*)?|.*\.local-cloud-backup")
"""What belongs to a running process, the database, and copies of it."""
_TRIES = 50
_PAGES = 1024


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write to that takes the place of `path` at the end, or else never existed.

    What killed processes left beside it is removed.
    """
    for stale in path.parent.glob(".*" + _SUFFIX):
        with suppress(OSError), _Held(stale):
            stale.unlink()
    descriptor, name = tempfile.mkstemp(_SUFFIX, ".", path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, _Held(temporary):
            yield file
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_to_disk(path.parent)


class _Held:
    """Marks a file as one that a living process is writing. Raises OSError if another one does."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "rb")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self._file.close()


def take(
    data: Path,
    file: BinaryIO,
    *,
    passphrase: str | None,
    scratch: Path,
    with_store: bool = True,
    progress: Callable[[int], None] = lambda size: None,
) -> None:
    """Write a backup of the folder `data` to `file`. Raises BackupRefused, OSError or sqlite3.Error.

    The copy of the database lies in the folder `scratch` meanwhile, without a name. `with_store=False` leaves the
    database out, for one in PostgreSQL. `progress` is called with the number of bytes read.
    """
    target = _Smooth(file, progress)
    try:
        archive = Writer(target, passphrase)
        _fill(archive, data, scratch, with_store)
        archive.finish()
    finally:
        target.end()


def _fill(archive: Writer, data: Path, scratch: Path, with_store: bool) -> None:
    folder = data.stat().st_ino
    with _snapshot(data / DATABASE, scratch) if with_store else _no_snapshot() as begin:
        # The description comes first, and only the database knows its schema.
        schema = _schema(data / DATABASE) if with_store else None
        archive.add_about({"schema": schema, "made_at": int(clock.now_s())})
        _add_firmware(archive, data)
        small, copy = _at_one_moment(data, begin)
        _add_firmware(archive, data)
        for name, content in small.items():
            with content:
                archive.add(name, content)
        if copy is not None:
            archive.add(DATABASE, copy())
    if data.stat().st_ino != folder:
        raise BackupRefused("another backup was restored to %s meanwhile" % data)


def _add_firmware(archive: Writer, data: Path) -> None:
    for name, path in _files(data / FIRMWARE, FIRMWARE):
        if not archive.has(name):
            with suppress(FileNotFoundError), open(path, "rb") as file:
                archive.add(name, file)


def _files(folder: Path, prefix: str = "") -> Iterator[tuple[str, Path]]:
    """Find the regular files of a folder and those below it: name and path. Links are not followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        name = "%s/%s" % (prefix, entry.name) if prefix else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), name)
        elif entry.is_file(follow_symlinks=False) and not _LEFT_OUT.fullmatch(entry.name):
            yield name, Path(entry.path)


_Copy = Callable[[], BinaryIO]


def _at_one_moment(data: Path, begin: Callable[[], _Copy | None]) -> tuple[dict[str, BinaryIO], _Copy | None]:
    """Open all files but the firmware's, and take the snapshot, while none of the files changes."""
    for _ in range(_TRIES):
        before = _state(data)
        opened: dict[str, BinaryIO] = {}
        try:
            copy = begin()
            for name in before:
                opened[name] = open(data / name, "rb")
            if _state(data) == before:
                return opened, copy
        except FileNotFoundError:
            pass
        except BaseException:
            _close(opened)
            raise
        _close(opened)
        time.sleep(0.05)
    raise BackupRefused("files in %s change all the time" % data)


def _close(files: dict[str, BinaryIO]) -> None:
    for file in files.values():
        file.close()


def _state(data: Path) -> dict[str, tuple[int, int, int]]:
    """Return what tells whether a file has been written: its inode, time and size."""
    found = {}
    for name, path in _files(data):
        if not name.startswith(FIRMWARE + "/"):
            with suppress(FileNotFoundError):
                status = path.stat()
                found[name] = status.st_ino, status.st_mtime_ns, status.st_size
    return found


@contextmanager
def _no_snapshot() -> Iterator[Callable[[], None]]:
    yield lambda: None


def _schema(path: Path) -> str:
    with closing(_connect(path)) as connection:
        row = connection.execute("SELECT value FROM settings WHERE name = 'schema'").fetchone()
    if row is None or int(row[0]) > int(SCHEMA_VERSION):
        raise BackupRefused("a newer local cloud has written %s; use that one for the backup" % path)
    return str(row[0])


def _connect(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise BackupRefused(
            "%s has no database. If it is in PostgreSQL, back that up with pg_dump, then the folder with"
            " --without-store" % path.parent
        )
    # On a full disk no file can be made beside the database of a cloud that has stopped: what readers share is then
    # kept in memory, and others are locked out.
    in_memory = "file:%s?vfs=unix-excl" % urllib.parse.quote(str(path))
    for name in (str(path), in_memory):
        connection = sqlite3.connect(name, isolation_level=None, uri=name is in_memory)
        try:
            connection.execute("PRAGMA busy_timeout=5000")
            connection.execute("SELECT count(*) FROM settings").fetchone()
            break
        except sqlite3.Error as error:
            connection.close()
            if name is in_memory or not error.sqlite_errorname.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")):
                raise
    return connection


@contextmanager
def _snapshot(path: Path, scratch: Path) -> Iterator[Callable[[], _Copy]]:
    """Yield a function that fixes the state of the database, and returns one that copies it.

    A reader does not stop the cloud's writers. The copy has no name, so that nothing of it stays after a kill.
    """
    with closing(_connect(path)) as source, _unnamed(scratch) as (target, content):

        def begin() -> _Copy:
            if source.in_transaction:
                source.execute("ROLLBACK")
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM settings").fetchone()
            return copy

        def copy() -> BinaryIO:
            _check(source, path)
            source.backup(target, pages=_PAGES, sleep=0)
            source.execute("ROLLBACK")
            content.seek(0)
            return content

        yield begin


@contextmanager
def _unnamed(folder: Path) -> Iterator[tuple[sqlite3.Connection, BinaryIO]]:
    """Open a database for a copy, and its file, in the folder. It ends with the process, however that ends."""
    descriptor, name = tempfile.mkstemp(_SUFFIX, ".", folder)
    with os.fdopen(descriptor, "rb") as content:
        try:
            target = sqlite3.connect(name, isolation_level=None)
            target.execute("PRAGMA journal_mode=OFF")
            target.execute("PRAGMA synchronous=OFF")
            # Makes SQLite open the file, which it does not do before it must.
            target.execute("PRAGMA user_version").fetchone()
        finally:
            os.unlink(name)
        with closing(target):
            yield target, content


def _check(source: sqlite3.Connection, path: Path) -> None:
    """Refuse to put a damaged database into the place of an older, good backup."""
    (found,) = source.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BackupRefused("the database %s is damaged: %s" % (path, found.splitlines()[-1]))


class _Smooth:
    """Writes to a file and to the disk in small steps, so that the cloud's commits do not wait behind a heap of it."""

    _STEP = 8 << 20

    def __init__(self, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._file = file
        self._progress = progress
        self._written = 0
        self._ended = False

    def end(self) -> None:
        """Ignore what is still written: the parts of an unfinished archive write when they are thrown away."""
        self._ended = True

    def write(self, data: bytes) -> int:
        if self._ended:
            return len(data)
        self._file.write(data)
        self._progress(len(data))
        self._written += len(data)
        if self._written >= self._STEP:
            self._written = 0
            self._file.flush()
            with suppress(OSError):  # a pipe
                os.fdatasync(self._file.fileno())
        return len(data)

    def flush(self) -> None:
        self._file.flush()
