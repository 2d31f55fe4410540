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
        return NVSStore(where[4:])
    return FileStore(where)


def _sample(value, keys, time):
    # [time, value, ...] in CBOR
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


def _restore(history, item):
    # Put back a sample; one that is none of this variable is left out.
    keys = getattr(history.p, "KEYS", None)
    if len(item) != 1 + len(keys or "v"):
        return
    history.add(dict(zip(keys, item[1:])) if keys else item[1], item[0])


class _Store:
    _failed = False

    def _try(self, change, argument):
        # Do what the file system or the flash may refuse.
        try:
            change(argument)
            self._failed = False
        except OSError as error:
            if not self._failed:
                log(40, "The samples of '%s' cannot be stored: %s" % (self._history.name, error))
            self._failed = True
        return not self._failed


class FileStore(_Store):
    """Samples in the file `path`: records are appended to it, and now and then it is written anew as
    `path` + ".new", which then takes its name."""

    def __init__(self, path: str):
        self._path = path

    def load(self, history):
        """Put the stored samples into a history, and keep it from now on."""
        self._history = history
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
                    _restore(history, item)
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
        self._change(_sample(value, getattr(self._history.p, "KEYS", None), time))

    def remove(self, n: int):
        """The history has let go of its `n` oldest samples."""
        self._change(_encoded(n))

    def _change(self, data):
        full = self._n >= self._limit
        done = self._try(self._rewrite if full else self._append, data)
        # What a failed write has left is not known
        self._n = self._limit if not done else self._history.count if full else self._n + 1

    def _append(self, data):
        with open(self._path, "ab") as file:
            file.write(_record(data))
            _sync(file)

    def _rewrite(self, data):
        keys = getattr(self._history.p, "KEYS", None)
        new = self._path + ".new"
        with open(new, "wb") as file:
            file.write(_record(_encoded(self._header)))
            for value, time in self._history:
                file.write(_record(_sample(value, keys, time)))
            _sync(file)
        _replace(new, self._path)


def _encoded(item):
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


class NVSStore(_Store):
    """Samples in an NVS namespace of an ESP32: a blob for each, under its number in hexadecimal, and `first`,
    the number of the oldest one. The NVS itself writes a blob whole or not at all."""

    def __init__(self, namespace: str):
        from esp32 import NVS

        self._nvs = NVS(namespace)

    def load(self, history):
        """Put the stored samples into a history, and keep it from now on."""
        self._history = history
        self._buf = bytearray(history.p.client.buffer)  # no sample is larger
        self._first = self._get("first") or 0
        self._next = self._first
        while True:
            item = self._get("%x" % self._next)
            if item is None:
                break
            self._next += 1
            if isinstance(item, list):
                _restore(history, item)
        self._buf = None
        self._try(self._tidy, None)
        self._try(self._trim, history.count)

    def _get(self, key):
        # The item under a key, None where there is none, 0 where it cannot be read.
        try:
            n = self._nvs.get_blob(key, self._buf)
        except OSError:
            return None
        reader = Reader()
        reader.open(self._buf, 0, n)
        try:
            return reader.item()
        except CBORError:
            return 0

    def add(self, value, time: int):
        """The history has got a sample."""
        if self._try(self._add, _sample(value, getattr(self._history.p, "KEYS", None), time)):
            self.remove(0)

    def remove(self, n: int):
        """The history has let go of its `n` oldest samples."""
        self._try(self._trim, self._history.count)

    def _add(self, data):
        self._nvs.set_blob("%x" % self._next, data)
        self._nvs.commit()
        self._next += 1

    def _trim(self, count):
        # Let go of all but the last `count` samples.
        old = self._first
        first = self._next - count
        if first > old:
            self._nvs.set_blob("first", _encoded(first))
            self._nvs.commit()
            self._first = first
            for number in range(old, first):
                self._nvs.erase_key("%x" % number)
            self._nvs.commit()

    def _tidy(self, _):
        # Erase what a power cut has left of samples that were let go of.
        number = self._first - 1
        while number >= 0:
            try:
                self._nvs.erase_key("%x" % number)
            except OSError:
                return
            self._nvs.commit()
            number -= 1
