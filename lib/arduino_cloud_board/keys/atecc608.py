"""The store in a secure element ATECC608.

The layout is that of Arduino's own programs. The private key is in slot 0; the chip made it, and it never leaves the
chip. Slot 10 has the certificate's signature and dates, slot 11 its serial number and authority, slot 12 the device's
id. Nothing else fits. `certificate` is rebuilt from these parts (`ecc_certificate`), so only a certificate that comes
out the same can be stored: one signed by Arduino's authority, or by one like it.

The other settings of such a board are in files: see `settings`.
"""

from . import KeyCorrupted, KeyNotFound, KeyStore, check_entry, check_name, der

_KEY = 0
_COMPRESSED = 10
_IDENTIFIERS = 11
_DEVICE_ID = 12
_SLOT = 72  # bytes of each of the three
_TIMES = 3  # for a command that fails in the arithmetic of the curve: that may pass


class ATECC608Keys(KeyStore):
    """The store in the chip `chip`, an atecc608.ATECC608; by default the board's own. Raises OSError if there is no
    chip, or if it was never set up."""

    in_chip = True

    def __init__(self, chip=None):
        if chip is None:
            from ..chips.bus import open_atecc608

            chip = open_atecc608()
        self.chip = chip
        if chip.locked() != (True, True):
            raise OSError(1, "The secure element has not been set up and locked: Arduino's tools do that.")  # EPERM

    def __repr__(self):
        return "atecc608"

    def load(self, name: str) -> bytes:
        """See KeyStore: `certificate` and `device_id`. Raises OSError for `key`."""
        check_name(name)
        if name == "key":
            raise OSError(13, "The private key stays in the secure element.")  # EACCES
        if name == "device_id":
            text = self._device_id()
            if not text:
                raise KeyNotFound(name, self)
            return text
        if name != "certificate":
            raise KeyNotFound(name, self)
        compressed = self.chip.read(_COMPRESSED, _SLOT)
        if not any(compressed) or compressed == b"\xff" * _SLOT:
            raise KeyNotFound(name, self)
        from .ecc_certificate import rebuild

        parts = self.chip.read(_IDENTIFIERS, 36), self._device_id()
        try:
            return rebuild(compressed, *parts, self.public_key())
        except ValueError as error:
            problem = str(error)
        raise KeyCorrupted(name, self, problem)

    def store(self, name: str, data: bytes):
        """See KeyStore: `certificate`, for this chip's key. Raises ValueError for a certificate that is for another
        key or cannot be rebuilt from its parts, OSError for any other name.

        The chip has room for only one certificate: if the power fails meanwhile, both the old and the new one are
        lost. If the chip refuses it midway, the old one is put back."""
        check_entry(name, data)
        if name != "certificate":
            raise OSError(28, "The secure element has no room for '%s'." % name)  # ENOSPC
        from .ecc_certificate import compress, rebuild

        compressed, identifiers, device_id = compress(bytes(data))
        if rebuild(compressed, identifiers, device_id, self.public_key()) != bytes(data):
            raise ValueError("'certificate': not for this chip's key, or of a kind that does not fit into the chip")
        read = self.chip.read
        before = read(_COMPRESSED, _SLOT), read(_IDENTIFIERS, 36), read(_DEVICE_ID, _SLOT)
        done = False
        try:
            self._write(compressed, identifiers, device_id)
            done = True
        finally:
            if not done:
                self._write_back(before)

    def _write(self, compressed, identifiers, device_id):
        # Erase the signature first, so that a mixture of two certificates never looks complete
        self.chip.write(_COMPRESSED, bytes(_SLOT))
        self.chip.write(_DEVICE_ID, device_id + bytes(_SLOT - len(device_id)))
        self.chip.write(_IDENTIFIERS, identifiers)
        self.chip.write(_COMPRESSED, compressed + bytes(_SLOT - len(compressed)))

    def _write_back(self, before):
        try:
            self._write(*before)
        except OSError:
            pass  # the error that led here is the one to report

    def delete(self, name: str):
        """See KeyStore: `certificate`. Private keys are replaced, not deleted."""
        check_name(name)
        if name not in self.names():
            raise KeyNotFound(name, self)
        if name != "certificate":
            raise OSError(13, "'%s' stays in the secure element." % name)  # EACCES
        self.chip.write(_COMPRESSED, bytes(_SLOT))

    def names(self) -> list:
        """See KeyStore."""
        found = []
        for name in ("certificate", "device_id"):
            try:
                self.load(name)
                found.append(name)
            except KeyCorrupted:
                found.append(name)
            except KeyNotFound:
                pass
        try:
            self.public_key()
            found.append("key")
        except KeyNotFound:
            pass
        return found

    def create_key(self, name: str = "key", entropy: bytes = b""):
        """Have the chip make a private key, replacing the earlier one. `entropy` is not used."""
        self._key(name)
        self.chip.generate(_KEY)

    def public_key(self, name: str = "key") -> bytes:
        """See KeyStore."""
        return self._use(name, self.chip.public_key)

    def sign(self, name: str, digest: bytes) -> bytes:
        """See KeyStore."""
        if len(digest) != 32:
            raise ValueError("digest: 32 bytes expected, not %d" % len(digest))
        return der.signature(self._use(name, self.chip.sign, digest))

    def reference(self, name: str) -> int:
        """The number by which TLS refers to the private key, `key`. Raises KeyNotFound for another name."""
        self._key(name)
        return _KEY

    def _key(self, name):
        if name != "key":
            raise KeyNotFound(name, self)

    def _use(self, name, command, *arguments):
        # Run a command that uses the private key; returns its answer
        from ..chips.atecc608 import CURVE, NO_KEY, StatusError

        self._key(name)
        for _ in range(_TIMES):
            try:
                return command(_KEY, *arguments)
            except StatusError as error:
                if error.status not in NO_KEY:
                    raise
                if error.status != CURVE:
                    break
        raise KeyNotFound(name, self)

    def _device_id(self):
        # The text up to the first zero, as Arduino's programs read it; b"" if the slot was never written
        return self.chip.read(_DEVICE_ID, _SLOT).split(b"\0", 1)[0].rstrip(b"\xff")
