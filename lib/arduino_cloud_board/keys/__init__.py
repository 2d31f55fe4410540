"""The interface of every key store, and the names, sizes and checksums of its entries.

`key_store.open` chooses a store. Names are 1 to 15 characters of a-z, 0-9 and _.
"""

from binascii import crc32

LARGEST = 4000  # bytes of one entry that fit into every store
_MAGIC = b"K1"


class KeyNotFound(KeyError):
    """The store has no entry with this name. `name` is the name, a str."""

    def __init__(self, name, where):
        self.name = name
        super().__init__("%s has no '%s'" % (where, name))

    def __str__(self):
        return self.args[0]


class KeyCorrupted(ValueError):
    """The entry with this name is damaged or half written. `name` is the name, a str. Other entries are unharmed."""

    def __init__(self, name, where, what="its checksum is wrong"):
        self.name = name
        super().__init__("'%s' of %s is damaged: %s" % (name, where, what))


class KeyStore:
    """The interface of every store. A store without a chip keeps keys as bytes (DER) and signs with them in Python.

    Private keys made by `create_key` are of P-256.
    """

    in_chip = False  # whether private keys stay inside a chip

    def load(self, name: str) -> bytes:
        """The entry with this name. Raises KeyNotFound, KeyCorrupted, or OSError if the store cannot be read."""
        raise KeyNotFound(name, self)

    def store(self, name: str, data: bytes):
        """Store 1 to LARGEST bytes under a name, replacing an earlier entry, completely or not at all, even if the
        power fails. Raises ValueError for another name or length, OSError if the store refuses."""
        raise OSError(30, "%s is read-only" % self)  # EROFS

    def delete(self, name: str):
        """Delete an entry. Raises KeyNotFound, OSError."""
        raise OSError(30, "%s is read-only" % self)

    def names(self) -> list:
        """The names of all entries, sorted."""
        return []

    def has(self, name: str) -> bool:
        """Whether an entry with this name exists, even a damaged one."""
        try:
            if self.in_chip and name == "key":
                self.public_key(name)
            else:
                self.load(name)
        except KeyNotFound:
            return False
        except KeyCorrupted:
            pass
        return True

    def create_key(self, name: str, entropy: bytes = b""):
        """Make a private key under this name, replacing an earlier one. For `entropy` see `csr.create_key`."""
        from .csr import create_key

        self.store(name, create_key(entropy))

    def public_key(self, name: str) -> bytes:
        """The public key of the private key with this name: 65 bytes, 04 X Y. Raises KeyNotFound, KeyCorrupted."""
        return self._private_key(name).public_key()

    def sign(self, name: str, digest: bytes) -> bytes:
        """The signature (DER, ECDSA) of a SHA-256 digest by the private key with this name.

        Raises KeyNotFound, KeyCorrupted, ValueError if the digest does not have 32 bytes, OSError if a chip fails.
        """
        return self._private_key(name).sign(digest)

    def key(self, name: str) -> "Key":
        """The private key with this name, as `csr.csr` takes it."""
        return Key(self, name)

    def _private_key(self, name):
        from .csr import PrivateKey

        data = self.load(name)
        try:
            return PrivateKey(data)
        except ValueError:
            pass
        raise KeyCorrupted(name, self, "not a P-256 private key")


class Key:
    """A private key in a store, with what a certificate request needs."""

    def __init__(self, store, name):
        self.store = store
        self.name = name

    def public_key(self) -> bytes:
        """The public key: 65 bytes, 04 X Y."""
        return self.store.public_key(self.name)

    def sign(self, digest: bytes) -> bytes:
        """The signature (DER) of a SHA-256 digest (32 bytes)."""
        return self.store.sign(self.name, digest)


def check_name(name: str):
    """Raise ValueError for anything but the name of an entry."""
    good = isinstance(name, str) and 0 < len(name) < 16
    for character in name if good else "":
        good = good and ("a" <= character <= "z" or "0" <= character <= "9" or character == "_")
    if not good:
        raise ValueError("name: 1 to 15 characters of a-z, 0-9 and _ expected, not %r" % (name,))


def check_entry(name: str, data):
    """Raise ValueError for a name or data that `store` does not take. The error shows only the data's length."""
    check_name(name)
    # Not by `hasattr(data, "__len__")`: on MicroPython, bytes have no such attribute.
    given = len(data) if isinstance(data, (bytes, bytearray, memoryview)) else type(data).__name__
    if type(given) is not int or not 0 < given <= LARGEST:
        raise ValueError("'%s': 1 to %d bytes expected, not %s" % (name, LARGEST, given))


def seal(data) -> bytes:
    """The data with its length and checksum, which let `unseal` see whether it is complete."""
    record = _MAGIC + len(data).to_bytes(2, "big") + bytes(data)
    return record + (crc32(record) & 0xFFFFFFFF).to_bytes(4, "big")


def unseal(record):
    """The data of a record of `seal`; None if the record is damaged."""
    if len(record) < 9 or record[:2] != _MAGIC or len(record) != int.from_bytes(record[2:4], "big") + 8:
        return None
    if crc32(record[:-4]) & 0xFFFFFFFF != int.from_bytes(record[-4:], "big"):
        return None
    return bytes(record[4:-4])
