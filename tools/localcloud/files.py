"""Files with secrets: written completely or not at all, readable only by their owner."""

import fcntl
import os
import tempfile
from pathlib import Path


class DataInUse(RuntimeError):
    """Another local cloud uses the data folder or the database."""


def make_private_folder(path: Path) -> None:
    """Make the folder (and its parents), closed to other users."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)


def make_private_file(path: Path) -> None:
    """Make the file if it is missing, and close it to other users."""
    path.touch(0o600)
    path.chmod(0o600)


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
    except BaseException:
        os.unlink(temporary)
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
        self._file = open(folder / "lock", "a")
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise DataInUse("another local cloud uses %s" % folder) from None

    def release(self) -> None:
        """Free the folder for others."""
        self._file.close()
