"""Where the samples of a `history.History` survive a reset: in a file, or on an ESP32 in its NVS.

`register("t", history=100, store="t.history")` keeps them in a file of that name, in any file system;
`store="nvs:t"` in the NVS namespace `t` of an ESP32, for which about 150 samples of a number are the
most that the usual partition holds. Each variable has a store of its own. An object with the methods
`load`, `add` and `remove` of these classes will do, too.

Every change is one record with a checksum, and counts once the last byte of it is there: a power cut
leaves the samples from before or from after it. Where storing fails (the flash is full), that is reported
once, and the samples stay in memory.
"""

import os
from binascii import crc32
from struct import pack, unpack

from .cbor import CBORError, Reader, Writer
from .port import const, log

_SPARE = const(16)  # records beyond twice the size of the ring, before a file is written anew
_LONGEST = const(16383)  # a packet's


def open_store(where: str):
    """The store of a path, or of "nvs:" and a namespace."""
    if where.startswith("nvs:"):
        from .nvs import NVSStore

        return NVSStore(where[4:])
    return FileStore(where)


def sample(value, keys, time) -> bytearray:
    """A sample in CBOR: [time, value, ...]."""
    values = [value[key] for key in keys] if keys else [value]
    writer = Writer(b"")  # counts
    while True:
        writer.head(4, 1 + len(values))
        writer.scalar(time)
        for one in values:
            writer.scalar(one)
        if writer.buf:
            return writer.buf
        writer = Writer(bytearray(writer.pos))


def restore(history, item: list):
    """Put back a decoded sample; one that is none of this variable is left out."""
    keys = getattr(history.p, "KEYS", None)
    if len(item) != 1 + len(keys or "v"):
        return
    history.add(dict(zip(keys, item[1:])) if keys else item[1], item[0])


class Store:
    """What files and NVS have in common."""

    _failed = False

    def attempt(self, change, argument) -> bool:
        """Do what the file system or the flash may refuse. Returns whether it has been done."""
        try:
            change(argument)
            self._failed = False
        except OSError as error:
            if not self._failed:
                from .diagnosis import reason

                log(40, "The samples of '%s' cannot be stored: %s." % (self.history.name, reason(error)))
            self._failed = True
        return not self._failed


class FileStore(Store):
    """Samples in the file `path`: records are appended to it, and now and then it is written anew as
    `path` + ".new", which then takes its name."""

    def __init__(self, path: str):
        self._path = path

    def load(self, history):
        """Put the stored samples into a history, and keep it from now on."""
        self.history = history
        self._header = "samples 1 %d %s" % (history.history, history.name)
        self._limit = 2 * history.history + _SPARE
        self._n = self._limit  # records in the file; so many have the next change write it anew
        self._end = 0
        if not _exists(self._path) and _exists(self._path + ".new"):
            # The power went between the removal of the old file and the new one's taking its name.
            os.rename(self._path + ".new", self._path)
        if not _exists(self._path):
            return
        records = self._records()
        header = next(records, None)
        words = header.split(" ", 3) if isinstance(header, str) else ()
        if len(words) != 4 or words[0] != "samples" or words[1] != "1" or words[3] != history.name:
            if os.stat(self._path)[6]:
                log(30, "%s has no samples of '%s': it becomes %s.old" % (self._path, history.name, self._path))
                _replace(self._path, self._path + ".old")
            return
        # First what of it is still there, by the rules of the ring that wrote it
        size = int(words[2])
        first = added = n = 0
        for item in records:
            n += 1
            if isinstance(item, list):
                added += 1
                first = max(first, added - size)
            else:
                first += item
        records = self._records()
        next(records)
        for item in records:
            if isinstance(item, list):
                if first <= 0:
                    restore(history, item)
                first -= 1
        if self._end == os.stat(self._path)[6] and header == self._header:
            self._n = n

    def _records(self):
        # The items of the records, up to the first one that is not whole. `_end` is then where that begins.
        reader = Reader()
        self._end = 0
        with open(self._path, "rb") as file:
            while True:
                head = file.read(2)
                if len(head) < 2:
                    return
                n = unpack(">H", head)[0]
                if n > _LONGEST:
                    return
                body = file.read(n + 4)
                if len(body) < n + 4 or crc32(head + body[:n]) & 0xFFFFFFFF != unpack(">I", body[n:])[0]:
                    return
                reader.open(body, 0, n)
                try:
                    yield reader.item()
                except CBORError:
                    return
                self._end += n + 6

    def add(self, value, time: int):
        """The history has got a sample."""
        self._change(sample(value, getattr(self.history.p, "KEYS", None), time))

    def remove(self, n: int):
        """The history has let go of its `n` oldest samples."""
        self._change(encoded(n))

    def _change(self, data):
        full = self._n >= self._limit
        done = self.attempt(self._rewrite if full else self._append, data)
        # What a failed write has left is not known
        self._n = self._limit if not done else self.history.count if full else self._n + 1

    def _append(self, data):
        with open(self._path, "ab") as file:
            file.write(_record(data))
            _sync(file)

    def _rewrite(self, data):
        keys = getattr(self.history.p, "KEYS", None)
        new = self._path + ".new"
        with open(new, "wb") as file:
            file.write(_record(encoded(self._header)))
            for value, time in self.history:
                file.write(_record(sample(value, keys, time)))
            _sync(file)
        _replace(new, self._path)


def encoded(item) -> bytearray:
    """An int or a str in CBOR."""
    writer = Writer(bytearray(9 + 4 * len(item) if isinstance(item, str) else 9))
    writer.scalar(item)
    return writer.buf[: writer.pos]


def _record(data):
    data = pack(">H", len(data)) + data
    return data + pack(">I", crc32(data) & 0xFFFFFFFF)


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _sync(file):
    file.flush()
    if hasattr(os, "fsync"):
        os.fsync(file.fileno())


def _replace(old, new):
    if hasattr(os, "replace"):
        os.replace(old, new)
        return
    try:
        os.rename(old, new)
    except OSError:  # a file system that does not rename onto a file that is there
        os.remove(new)
        os.rename(old, new)
