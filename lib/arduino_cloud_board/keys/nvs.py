"""Keep keys in an NVS namespace of an ESP32: a blob for each, with its checksum.

The NVS cannot list its blobs, so a blob `*names` has their names. A name is added before its blob is written and
removed after the blob is erased, so every entry is listed even if the power fails. The NVS writes a blob completely or
not at all. MicroPython's firmware does not encrypt it: whoever has the board can read it.
"""

from . import LARGEST, KeyCorrupted, KeyNotFound, KeyStore, check_entry, check_name, seal, unseal

_INDEX = "*names"
_USUAL = "device_id secret_key key certificate networks cloud root"  # the names of `settings`
_NOT_FOUND = -0x1102  # ESP_ERR_NVS_NOT_FOUND
_TOO_SHORT = -0x110C  # ESP_ERR_NVS_INVALID_LENGTH


class NVSKeys(KeyStore):
    """The keys in the NVS namespace `namespace` (1 to 15 characters). Raises OSError on boards without an NVS."""

    def __init__(self, namespace: str):
        if not 0 < len(namespace) < 16:
            raise ValueError("namespace: 1 to 15 characters expected, not %r" % namespace)
        try:
            from esp32 import NVS
        except ImportError:
            raise OSError(19, "nvs:%s needs an ESP32" % namespace)  # ENODEV
        self._nvs = NVS(namespace)
        self._namespace = namespace

    def __repr__(self):
        return "nvs:" + self._namespace

    def load(self, name: str) -> bytes:
        """See KeyStore."""
        check_name(name)
        return self._load(name)

    def store(self, name: str, data: bytes):
        """See KeyStore."""
        check_entry(name, data)
        names = self._index()
        fresh = name not in names
        if fresh:
            self._write_index(names + [name])
        done = False
        try:
            self._nvs.set_blob(name, seal(data))
            self._nvs.commit()
            done = True
        finally:
            if fresh and not done:
                self._shrink_index(names)

    def delete(self, name: str):
        """See KeyStore."""
        check_name(name)
        if not self._has(name):
            raise KeyNotFound(name, self)
        self._nvs.erase_key(name)
        self._nvs.commit()
        self._shrink_index([one for one in self._index() if one != name])

    def names(self) -> list:
        """See KeyStore. Raises KeyCorrupted if the list itself is damaged; every entry can still be loaded. The next
        `store` makes a new list with the names of `settings`; any other name is added when its entry is stored
        again."""
        try:
            listed = self._load(_INDEX).decode().split(" ")
        except KeyNotFound:
            return []
        return sorted([name for name in listed if name and self._has(name)])

    def _index(self):
        try:
            return self._load(_INDEX).decode().split(" ")
        except KeyNotFound:
            return []
        except KeyCorrupted:
            names = [name for name in _USUAL.split(" ") if self._has(name)]
            self._write_index(names)
            return names

    def _write_index(self, names):
        self._nvs.set_blob(_INDEX, seal(" ".join(names).encode() or b" "))
        self._nvs.commit()

    def _shrink_index(self, names):
        # A full NVS may refuse even a shorter list. That does no harm: a name without an entry is not listed.
        try:
            self._write_index(names)
        except OSError:
            pass

    def _has(self, name):
        try:
            self._nvs.get_blob(name, bytearray(1))
        except OSError as error:
            return error.args[0] != _NOT_FOUND
        return True

    def _load(self, name):
        size = 256
        while True:
            buffer = bytearray(size)
            try:
                n = self._nvs.get_blob(name, buffer)
            except OSError as error:
                if error.args[0] == _NOT_FOUND:
                    raise KeyNotFound(name, self)
                if error.args[0] != _TOO_SHORT:
                    raise
                if size > LARGEST:
                    raise KeyCorrupted(name, self, "it is longer than any entry")
                size *= 4
                continue
            data = unseal(memoryview(buffer)[:n])
            if data is None:
                raise KeyCorrupted(name, self)
            return data
