"""A file that takes another one's place: after a power cut, the old one or the new one is there, whole."""

import os


def flush(file):
    """Have all that was written to an open file reach the flash, where the port can say so."""
    file.flush()
    if hasattr(os, "fsync"):
        os.fsync(file.fileno())


def rename_over(new: str, path: str):
    """Rename the file `new` to `path`, in place of a file there. On a file system that does not do that at once, a
    power cut may leave `new` alone: whoever reads `path` then takes that."""
    if hasattr(os, "replace"):
        os.replace(new, path)
        return
    try:
        os.rename(new, path)
    except OSError:
        os.remove(path)
        os.rename(new, path)
