"""Files with secrets: written completely or not at all, readable only by their owner."""

import errno
import fcntl
import os
import stat
import tempfile
from pathlib import Path


class DataInUse(RuntimeError):
    """Another local cloud uses the data folder or the database."""


def make_private_folder(path: Path) -> None:
    """Make the folder (and its parents), closed to other users."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    _set_mode(path, 0o700)


def make_private_file(path: Path) -> None:
    """Make the file if it is missing, and close it to other users."""
    if not path.exists():
        path.touch(0o600)
    _set_mode(path, 0o600)


def _set_mode(path: Path, mode: int) -> None:
    # A disk that is mounted read-only takes no mode, not even the one that is there.
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write the file so that afterwards it is either complete, on the disk and with this mode, or unchanged."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk is reported without a name
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class FolderLock:
    """Keeps a second local cloud out of a data folder for as long as this process lives."""

    def __init__(self, folder: Path, *, shared: bool = False) -> None:
        """Lock the folder. Raises DataInUse. With `shared`, others that use `shared` too may enter."""
        try:
            self._file = open(folder / "lock", "a")
        except OSError as error:
            if error.errno != errno.EROFS or not (folder / "lock").exists():
                raise
            self._file = open(folder / "lock")
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise DataInUse("another local cloud uses %s" % folder) from None

    def release(self) -> None:
        """Free the folder for others."""
        self._file.close()
