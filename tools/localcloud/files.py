"""Files with secrets: written whole or not at all, readable by their owner only."""

import fcntl
import os
import tempfile
from pathlib import Path


class DataInUse(RuntimeError):
    """Another local cloud works in the data folder, or in the database."""


def make_private_folder(path: Path) -> None:
    """Make the folder (and its parents), closed to other users."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)


def make_private_file(path: Path) -> None:
    """Make the file if it is missing, and close it to other users."""
    path.touch(0o600)
    path.chmod(0o600)


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write the file so that it is either complete, on the disk, with this mode, or unchanged."""
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
        """`shared`: let others in who come with `shared` too."""
        self._file = open(folder / "lock", "a")
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise DataInUse("another local cloud works in %s" % folder) from None

    def release(self) -> None:
        """Let others in."""
        self._file.close()
