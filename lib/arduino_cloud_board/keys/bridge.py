"""Key stores as providers of the TLS client's key and certificate, by URIs such as `nvs:arduino#key`.

The part before the # is an argument of `key_store.open`, the part after it a name. `arduino_iot_cloud.keys` calls this
module.
"""

from arduino_iot_cloud.keys.chip import MARK, REFERENCE

from ..key_store import open as open_store
from . import KeyNotFound

SCHEMES = ("files", "nvs", "se05x", "atecc608", "secrets")
_nvs: dict = {}  # open stores, kept for each later handshake: MicroPython never closes the handle of an NVS


def provider(uri: str) -> "Provider":
    """The provider for a URI. Raises ValueError for any other URI, OSError if this board has no such store."""
    where = _where(uri)
    store = _open(where)
    return (ChipProvider if store.in_chip else Provider)(where, store)


def _open(where):
    if not where.startswith("nvs:"):
        return open_store(where)
    if where not in _nvs:
        _nvs[where] = open_store(where)
    return _nvs[where]


def _where(uri):
    return uri.partition("#")[0].rstrip(":")


class Provider:
    """See `arduino_iot_cloud.keys.register_provider`."""

    def __init__(self, where, store):
        self._where = where
        self._store = store

    def certificate(self, uri, params) -> bytes:
        """The entry that a URI names, in this store or another one of the same kind."""
        where = _where(uri)
        store = self._store if where == self._where else _open(where)
        try:
            return store.load(uri.partition("#")[2])
        except KeyNotFound as error:
            problem = str(error)
        raise ValueError(problem)

    def key(self, uri, params) -> bytes:
        """The private key that a URI names."""
        return self.certificate(uri, params)


class ChipProvider(Provider):
    """A provider whose key stays in the chip. TLS gets a reference to it."""

    def key(self, uri, params) -> bytes:
        """A reference to the private key that a URI names."""
        try:
            return REFERENCE + self._store.reference(uri.partition("#")[2]).to_bytes(4, "big")
        except KeyNotFound as error:
            problem = str(error)
        raise ValueError(problem)

    def sign(self, key, digest):
        """The chip's signature (DER) of a digest; None if `key` is not the chip's."""
        if key[: len(MARK)] != MARK or int.from_bytes(key[-4:], "big") != self._store.reference("key"):
            return None
        # ECDSA uses the first 32 bytes of a longer digest, and pads a shorter one with zeros in front
        return self._store.sign("key", (bytes(32 - len(digest)) if len(digest) < 32 else b"") + bytes(digest[:32]))
