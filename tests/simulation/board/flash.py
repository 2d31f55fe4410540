"""The board's flash: files, or the NVS of an ESP32. It can be full, and the power can fail while it is written."""

from ..sockets import trouble
from .power import PWRON_RESET, power

ROOT = "/flash"
_BLOCK = 512  # bytes; each file takes whole ones
_ENOENT, _EEXIST, _ENOTDIR, _ENOSPC = 2, 17, 20, 28
_NOT_FOUND = -0x1102  # ESP_ERR_NVS_NOT_FOUND
_TOO_SHORT = -0x110C  # ESP_ERR_NVS_INVALID_LENGTH
_NO_PAGES = -0x1105  # ESP_ERR_NVS_NOT_ENOUGH_SPACE


class Flash:
    """What survives a reset. `size`: in bytes. `fuse`: the power fails after so many bytes; None for never."""

    def __init__(self):
        self.begin(1 << 20)

    def begin(self, size):
        """Begin a new world with an empty flash."""
        self.size = size
        self.files = {}
        self.folders = {"", ROOT}
        self.blobs = {}  # (namespace, name) -> bytes
        self.fuse = None
        self.cut = False  # the power has failed while something was written

    def used(self):
        """Return the bytes in use."""
        used = 0
        for content in self.files.values():
            used += (len(content) + _BLOCK - 1) // _BLOCK * _BLOCK
        for content in self.blobs.values():
            used += len(content) + 32
        return used

    def spend(self, n):
        """Write n bytes, or fewer if the power fails. Return their number; if it is below n, call `burn` then."""
        power.check()
        if self.fuse is None or self.fuse > n:
            if self.fuse is not None:
                self.fuse -= n
            return n
        return self.fuse

    def burn(self):
        """Let the power fail."""
        self.fuse = None
        self.cut = True
        power.reset(PWRON_RESET, 1000)

    def step(self):
        """Change a name, or let the power fail before that."""
        if self.spend(16) < 16:
            self.burn()

    # What `open` and `os` do in the folder ROOT

    def open(self, path, mode):
        """Return a file."""
        power.check()
        if "r" in mode and "+" not in mode:
            if path not in self.files:
                raise trouble(_ENOENT)
            return File(self, path, self.files[path], False)
        if path.rpartition("/")[0] not in self.folders:
            raise trouble(_ENOENT)
        self.step()
        if "w" in mode or path not in self.files:
            self.files[path] = b""
        return File(self, path, self.files[path], True, "a" in mode)

    def stat(self, path):
        power.check()
        if path.rstrip("/") in self.folders:
            return (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        if path not in self.files:
            raise trouble(_ENOENT)
        return (0x8000, 0, 0, 0, 0, 0, len(self.files[path]), 0, 0, 0)

    def mkdir(self, path):
        if path in self.folders or path in self.files:
            raise trouble(_EEXIST)
        self.step()
        self.folders.add(path)

    def remove(self, path):
        power.check()
        if path not in self.files:
            raise trouble(_ENOENT)
        self.step()
        del self.files[path]

    def rename(self, old, new):
        power.check()
        if old not in self.files:
            raise trouble(_ENOENT)
        self.step()
        self.files[new] = self.files.pop(old)

    def listdir(self, folder):
        power.check()
        if folder not in self.folders:
            raise trouble(_ENOENT)
        found = [path[len(folder) + 1 :] for path in self.files if path.startswith(folder + "/")]
        return [name for name in found if "/" not in name]


class File:
    """An open file. What is written reaches the flash at once, in pieces if the power fails."""

    def __init__(self, flash, path, content, writes, at_end=False):
        self._flash = flash
        self._path = path
        self._content = content
        self._at = len(content) if at_end else 0
        self._writes = writes
        self._boot = power.boots

    def read(self, n=-1):
        end = len(self._content) if n is None or n < 0 else self._at + n
        data = bytes(self._content[self._at : end])
        self._at += len(data)
        return data

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, at, whence=0):
        self._at = at + (0, self._at, len(self._content))[whence]
        return self._at

    def tell(self):
        return self._at

    def write(self, data):
        flash = self._flash
        power.check(self._boot)
        data = bytes(data)
        n = flash.spend(len(data))
        before = self._content
        after = before[: self._at] + data[:n] + before[self._at + n :]
        flash.files[self._path] = after
        if flash.used() > flash.size:
            flash.files[self._path] = before
            raise trouble(_ENOSPC)
        self._content = after
        self._at += n
        if n < len(data):
            flash.burn()
        return n

    def truncate(self, size=None):
        self._content = self._content[: self._at if size is None else size]
        self._flash.files[self._path] = self._content

    def flush(self):
        power.check(self._boot)

    def fileno(self):
        return -1

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __iter__(self):
        return self

    def __next__(self):
        end = self._content.find(b"\n", self._at)
        line = self.read(-1 if end < 0 else end + 1 - self._at)
        if not line:
            raise StopIteration
        return line


flash = Flash()  # the only one


class NVS:
    """A namespace of an ESP32's NVS. A blob is written completely or not at all, at `commit` at the latest."""

    def __init__(self, namespace):
        self._namespace = namespace

    def get_blob(self, name, buffer):
        power.check()
        blob = flash.blobs.get((self._namespace, name))
        if blob is None:
            raise OSError(_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        if len(buffer) < len(blob):
            raise OSError(_TOO_SHORT, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(blob)] = blob
        return len(blob)

    def set_blob(self, name, data):
        key = (self._namespace, name)
        before = flash.blobs.get(key)
        if flash.spend(len(data)) < len(data):
            flash.burn()
        flash.blobs[key] = bytes(data)
        if flash.used() > flash.size:
            if before is None:
                del flash.blobs[key]
            else:
                flash.blobs[key] = before
            raise OSError(_NO_PAGES, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")

    def erase_key(self, name):
        power.check()
        if (self._namespace, name) not in flash.blobs:
            raise OSError(_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        flash.step()
        del flash.blobs[(self._namespace, name)]

    def commit(self):
        power.check()


class Esp32:
    """The module `esp32`."""

    NVS = NVS
