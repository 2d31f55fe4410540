"""Samples in the NVS of an ESP32: see `stores`."""

from ..cbor import CBORError, Reader
from .samples import Store, encoded, restore, sample


class NVSStore(Store):
    """Samples in an NVS namespace of an ESP32: a blob for each sample, under its number in hexadecimal, and `first`,
    the number of the oldest. The NVS itself writes a blob completely or not at all."""

    def __init__(self, namespace: str):
        from esp32 import NVS

        self._nvs = NVS(namespace)

    def load(self, history):
        """Restore the stored samples into a history, and store its samples from now on."""
        self.history = history
        self._buf = bytearray(history.p.client.buffer)  # no sample is larger
        self._first = self._get("first") or 0
        self._next = self._first
        while True:
            item = self._get("%x" % self._next)
            if item is None:
                break
            self._next += 1
            if isinstance(item, list):
                restore(history, item)
        self._buf = None
        self.attempt(self._tidy, None)
        self.attempt(self._trim, history.count)

    def _get(self, key):
        # The item under a key; None if there is none, 0 if it cannot be decoded.
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
        """Store a sample that was added to the history."""
        if self.attempt(self._add, sample(value, getattr(self.history.p, "KEYS", None), time)):
            self.remove(0)

    def remove(self, n: int):
        """Remove the `n` oldest samples, which the history has removed."""
        self.attempt(self._trim, self.history.count)

    def _add(self, data):
        self._nvs.set_blob("%x" % self._next, data)
        self._nvs.commit()
        self._next += 1

    def _trim(self, count):
        # Erase all but the last `count` samples.
        old = self._first
        first = self._next - count
        if first > old:
            self._nvs.set_blob("first", encoded(first))
            self._nvs.commit()
            self._first = first
            for number in range(old, first):
                self._nvs.erase_key("%x" % number)
            self._nvs.commit()

    def _tidy(self, _):
        # Erase removed samples that a power failure has left behind.
        number = self._first - 1
        while number >= 0:
            try:
                self._nvs.erase_key("%x" % number)
            except OSError:
                return
            self._nvs.commit()
            number -= 1
