"""Samples in a file: see `stores`."""

import os
from binascii import crc32
from struct import pack, unpack

from ..cbor import CBORError, Reader
from ..port import const, log
from ..renaming import flush, rename_over
from .samples import Store, encoded, restore, sample

_SPARE = const(16)  # records beyond twice the size of the ring before a file is rewritten
_LONGEST = const(16383)  # bytes of a packet, so no sample is longer


class FileStore(Store):
    """Samples in the file `path`, to which records are appended. From time to time it is rewritten as
    `path` + ".new", which is then renamed."""

    def __init__(self, path: str):
        self._path = path

    def load(self, history):
        """Restore the stored samples into a history, and store its samples from now on."""
        self.history = history
        self._header = "samples 1 %d %s" % (history.history, history.name)
        self._limit = 2 * history.history + _SPARE
        self._n = self._limit  # records in the file; with this many, the next change rewrites it
        self._end = 0
        if not _exists(self._path) and _exists(self._path + ".new"):
            # The power failed after the old file was removed, and before the new one was renamed.
            os.rename(self._path + ".new", self._path)
        if not _exists(self._path):
            return
        records = self._records()
        header = next(records, None)
        words = header.split(" ", 3) if isinstance(header, str) else ()
        if len(words) != 4 or words[0] != "samples" or words[1] != "1" or words[3] != history.name:
            if os.stat(self._path)[6]:
                log(30, "%s has no samples of '%s': renamed to %s.old" % (self._path, history.name, self._path))
                rename_over(self._path, self._path + ".old")
            return
        # First count which samples the ring that wrote them still had.
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
        # The items of the records, up to the first incomplete one. Sets `_end` to the offset of that.
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
        """Store a sample that was added to the history."""
        self._change(sample(value, getattr(self.history.p, "KEYS", None), time))

    def remove(self, n: int):
        """Remove the `n` oldest samples, which the history has removed."""
        self._change(encoded(n))

    def _change(self, data):
        full = self._n >= self._limit
        done = self.attempt(self._rewrite if full else self._append, data)
        # It is unknown what a failed write has left behind.
        self._n = self._limit if not done else self.history.count if full else self._n + 1

    def _append(self, data):
        with open(self._path, "ab") as file:
            file.write(_record(data))
            flush(file)

    def _rewrite(self, data):
        keys = getattr(self.history.p, "KEYS", None)
        new = self._path + ".new"
        with open(new, "wb") as file:
            file.write(_record(encoded(self._header)))
            for value, time in self.history:
                file.write(_record(sample(value, keys, time)))
            flush(file)
        rename_over(new, self._path)


def _record(data):
    data = pack(">H", len(data)) + data
    return data + pack(">I", crc32(data) & 0xFFFFFFFF)


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
