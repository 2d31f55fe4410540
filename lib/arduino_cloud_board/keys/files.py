"""Keep keys in files: one file for each, in a folder of any file system.

`NAME.key` has the data with its length and checksum. A new entry is written as `NAME.new`, which then replaces it, so
a power cut leaves the old entry or the new one. A plain `NAME.der` that was put there by hand is read too.
"""

import os

from arduino_iot_cloud.renaming import flush, rename_over

from . import LARGEST, KeyCorrupted, KeyNotFound, KeyStore, check_entry, check_name, seal, unseal
from .der import read


class FileKeys(KeyStore):
    """The keys in the folder `folder`, which `store` makes if it does not exist."""

    def __init__(self, folder: str):
        self.folder = folder if folder == "/" else folder.rstrip("/")

    def __repr__(self):
        return "files:" + self.folder

    def load(self, name: str) -> bytes:
        """See KeyStore."""
        check_name(name)
        record = _content(self._path(name))
        if record is not None:
            data = unseal(record)
            if data is not None:
                return data
            # A power cut inside the file system may have damaged the old entry and left the new one complete
            data = unseal(_content(self._path(name, ".new")) or b"")
            if data is not None:
                return data
            raise KeyCorrupted(name, self)
        data = unseal(_content(self._path(name, ".new")) or b"")
        if data is not None:  # the power failed after the old file was removed, before the new one took its name
            return data
        data = _content(self._path(name, ".der"))
        if data is None:
            raise KeyNotFound(name, self)
        try:
            whole = read(data)[2] == len(data)
        except ValueError:
            whole = False
        if not whole:
            raise KeyCorrupted(name, self, "not DER of this length")
        return data

    def store(self, name: str, data: bytes):
        """See KeyStore."""
        check_entry(name, data)
        self._make_folder()
        self._settle(name)
        new, path = self._path(name, ".new"), self._path(name)
        replaces = _exists(path)
        record = seal(data)
        done = False
        try:
            with open(new, "wb") as file:
                if hasattr(os, "chmod"):
                    os.chmod(new, 0o600)
                file.write(record)
                flush(file)
            rename_over(new, path)
            done = True
        finally:
            # A refusal leaves no rest, which would take up space. Where renaming takes two steps and the second failed,
            # the new file is all there is.
            if not done and _exists(path) == replaces:
                _remove(new)

    def delete(self, name: str):
        """See KeyStore."""
        check_name(name)
        gone = False
        # The file that is read first is deleted last, so the entry is unchanged after a power cut.
        for ending in (".der", ".new", ".key"):
            try:
                os.remove(self._path(name, ending))
                gone = True
            except OSError as error:
                if error.args[0] != 2:  # ENOENT
                    raise
        if not gone:
            raise KeyNotFound(name, self)

    def names(self) -> list:
        """See KeyStore. Includes damaged entries."""
        found = set()
        try:
            files = os.listdir(self.folder)
        except OSError as error:
            if error.args[0] != 2:  # ENOENT; a folder that cannot be read is not an empty one
                raise
            return []
        for file in files:
            name, _, ending = file.lower().rpartition(".")
            if ending not in ("key", "der", "new"):
                continue
            try:
                check_name(name)
            except ValueError:
                continue
            if ending != "new" or unseal(_content(self._path(name, ".new")) or b"") is not None:
                found.add(name)
        return sorted(found)

    def _path(self, name, ending=".key"):
        return "%s/%s%s" % ("" if self.folder == "/" else self.folder, name, ending)

    def _settle(self, name):
        # If only the new file is complete, it must not be overwritten: let it take its place first.
        new = self._path(name, ".new")
        if unseal(_content(new) or b"") is None:
            return
        if unseal(_content(self._path(name)) or b"") is None:
            rename_over(new, self._path(name))

    def _make_folder(self):
        at = 0
        while at >= 0:
            at = self.folder.find("/", at + 1)
            folder = self.folder if at < 0 else self.folder[:at]
            try:
                os.stat(folder)
            except OSError:
                os.mkdir(folder)


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass  # the error that led here is the one to report


def _content(path):
    # None if the file does not exist
    try:
        with open(path, "rb") as file:
            # MicroPython allocates the given size in one block, and a heap in use has few large blocks left.
            size = min(file.seek(0, 2), LARGEST + 9)  # a longer file cannot be a record
            file.seek(0)
            return file.read(size)
    except OSError as error:
        if error.args[0] == 2:  # ENOENT
            return None
        raise
