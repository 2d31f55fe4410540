"""Files with secrets: written completely or not at all, readable only by their owner."""

import errno
import fcntl
import logging
import os
import pwd
import stat
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)
SECRET_LENGTH = (20, 256)
"""The least and the greatest number of characters of a secret in a file."""


class DataInUse(RuntimeError):
    """Another local cloud uses the data folder or the database."""


class Unusable(RuntimeError):
    """A file that the cloud needs is missing or garbled. `str()` is one line: its name, the reason, what to do."""


class SecretUnusable(Unusable):
    """A file has no usable secret. `is_lost` tells a missing or empty file from one that holds something else."""

    def __init__(self, path: Path, what: str, reason: str, remedy: str, *, is_lost: bool) -> None:
        super().__init__("%s %s. It is %s: %s" % (path, reason, what, remedy))
        self.is_lost = is_lost


def read_secret(path: Path, what: str, remedy: str, *, least: int = SECRET_LENGTH[0]) -> str:
    """Return the secret in a file: one line of printable ASCII of a plausible length. Raises SecretUnusable.

    `what` says what the secret is for, and `remedy` what to do without it. Neither message contains it.
    """
    most = SECRET_LENGTH[1]
    try:
        with open(path, "rb") as file:
            data = file.read(most + 3)  # with CR and LF, and one more
    except FileNotFoundError:
        reason = "is missing"
        if path.is_symlink():
            reason = "is a symbolic link to %s, which does not exist" % os.readlink(path)
        raise SecretUnusable(path, what, reason, remedy, is_lost=True) from None
    # A power cut leaves some file systems with a file of NULs.
    data = data.strip(b" \t\r\n\0")
    if not data:
        raise SecretUnusable(path, what, "is empty", remedy, is_lost=True)
    if any(not 0x21 <= byte <= 0x7E for byte in data):
        reason = "holds other characters than printable ASCII without spaces"
        raise SecretUnusable(path, what, reason, remedy, is_lost=False)
    if not least <= len(data) <= most:
        count = str(len(data)) if len(data) <= most else "more than %d" % most
        reason = "holds %s characters instead of %d to %d" % (count, least, most)
        raise SecretUnusable(path, what, reason, remedy, is_lost=False)
    return data.decode("ascii")


def close_to_others(path: Path) -> None:
    """Take the rights of other users at a file with secrets away, and say so in the log."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return
    if mode & 0o077:
        try:
            path.chmod(mode & 0o700)
        except OSError as error:  # on a read-only disk the cloud starts all the same
            log.warning("other users have rights at %s (mode %o): %s", path, mode, error.strerror)
        else:
            log.warning("other users had rights at %s (mode %o): taken away", path, mode)


def in_words(error: OSError) -> str:
    """Return one line about an error of a file or the system. If the file is another user's, it says whose."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return reason
    text = "%s: %s" % (error.filename, reason)
    if isinstance(error, PermissionError):
        owner = _foreign_owner(Path(os.fsdecode(error.filename)))
        if owner:
            text += "; %s belongs to %s: start the cloud as that user, or give the data folder to this one" % owner
    return text


def _foreign_owner(path: Path) -> tuple[Path, str] | None:
    """Return the path, or the nearest folder of it that can be seen, with its owner if that is another user."""
    for each in (path, *path.parents):
        try:
            owner = each.stat().st_uid
        except OSError:
            continue
        if owner == os.geteuid():
            return None
        try:
            return each, pwd.getpwuid(owner).pw_name
        except KeyError:
            return each, "user %d" % owner
    return None


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
    write_together([(path, data, mode)])


def write_together(files: list[tuple[Path, bytes, int]]) -> None:
    """Write files of one folder, each as `write_whole` does. If there is no room for all, none of them changes."""
    written: list[tuple[str, Path]] = []
    try:
        for path, data, mode in files:
            descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
            written.append((temporary, path))
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        while written:
            os.replace(*written[0])
            written.pop(0)
    except BaseException as error:
        for temporary, _ in written:
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk is reported without a name
        raise
    flush_to_disk(path.parent)


def flush_to_disk(path: Path) -> None:
    """Return when a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
