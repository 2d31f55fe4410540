"""Track what is installed, with stamps and locks, and write files and folders completely or not at all."""

import contextlib
import fcntl
import hashlib
import shutil
import tempfile
from pathlib import Path

from .paths import CACHE


def digest(*parts):
    """A short hash of strings and of the contents of paths."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part.read_bytes() if isinstance(part, Path) else str(part).encode())
        hashed.update(b"\0")
    return hashed.hexdigest()[:24]


def _stamp(name):
    return CACHE / "stamps" / name


def is_current(name, key, *paths):
    """True if `name` was installed from exactly `key` and all its paths still exist."""
    try:
        return _stamp(name).read_text() == key and all(path.exists() for path in paths)
    except OSError:
        return False


def mark_current(name, key):
    """Record that `name` is installed from `key`."""
    _stamp(name).parent.mkdir(parents=True, exist_ok=True)
    write_whole(_stamp(name), key)


def forget(name):
    """Make `name` count as not installed."""
    _stamp(name).unlink(missing_ok=True)


@contextlib.contextmanager
def lock(name):
    """Lock `name` against all other processes that set up the same checkout."""
    folder = CACHE / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / name, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def scratch_folder(prefix):
    """A temporary folder inside the cache, on the file system of its later place."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="tmp-%s-" % prefix, dir=CACHE))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(new, target):
    """Rename the folder `new` to `target`, replacing an older one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder("old") as old:
        if target.exists():
            target.rename(old / "old")
        new.rename(target)


def write_whole(path, text, executable=False):
    """Write a file by way of a temporary one, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as handle:
        handle.write(text)
    new = Path(handle.name)
    new.chmod(0o755 if executable else 0o644)
    new.replace(path)
