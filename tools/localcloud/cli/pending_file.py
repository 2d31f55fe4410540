"""Files that appear when they are complete. If something goes wrong, the earlier file stays."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .exits import CommandError


@contextmanager
def pending(path: Path) -> Iterator[Path]:
    """Yield the path of a temporary file, which is renamed to `path` at the end. Raises CommandError."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".%s." % path.name)
    except OSError as error:
        raise CommandError("%s: %s" % (path, error.strerror)) from None
    os.close(descriptor)
    try:
        yield Path(name)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise CommandError("%s: %s" % (path, error.strerror or error)) from None
        raise
