"""Replacing a file by another one, so that a power failure leaves the old or the new one complete."""

import os


def flush(file):
    """Write everything in an open file's buffers to the flash, as far as the port supports that."""
    file.flush()
    if hasattr(os, "fsync"):
        os.fsync(file.fileno())


def rename_over(new: str, path: str):
    """Rename the file `new` to `path`, replacing a file of that name. On a file system that cannot do that in one step,
    a power failure may leave only `new`: a program that misses `path` should read `new`."""
    if hasattr(os, "replace"):
        os.replace(new, path)
        return
    try:
        os.rename(new, path)
    except OSError as error:
        if error.args[0] != 17:  # EEXIST; after any other error, the second attempt might fail too
            raise
        os.remove(path)
        os.rename(new, path)
